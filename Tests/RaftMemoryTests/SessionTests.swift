import RaftCore
import RaftMembership
import RaftMemory
import Testing

@Suite("Client sessions within one process (W4)", .timeLimit(.minutes(1)))
struct SessionTests {
    private func code(_ body: () async throws -> some Any) async -> RaftError.Code? {
        do {
            _ = try await body()
            return nil
        } catch {
            return (error as? RaftError)?.code
        }
    }

    @Test("Commands of a session are applied once each, side by side too")
    func sideBySide() async throws {
        let cluster = MemoryClusterTests.Cluster()
        let leader = try await cluster.startAll()
        let session = try await leader.openSession()
        let outputs = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 1...50 { group.addTask { try await session.propose(number) } }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(outputs.sorted() == Array(1...50))
        #expect(await leader.metricsNow().openSessions == 1)
        try await session.close()
        #expect(await code { try await session.propose(1) } == .sessionExpired)
        #expect(await leader.metricsNow().openSessions == 0)
        await cluster.stopAll()
    }

    @Test("An attempt repeated at another leader gives the first one's output (W4)")
    func otherLeader() async throws {
        let cluster = MemoryClusterTests.Cluster()
        let leader = try await cluster.startAll()
        let session = try await leader.openSession()
        let call = SessionCall(session: session.id, serial: 1, lowestUnanswered: 1)
        #expect(try await leader.propose(7, as: call) == 1)
        #expect(try await leader.propose(8) == 2)
        let old = await leader.metricsNow().node
        await cluster.stop(old)
        let next = try await cluster.leader()
        #expect(try await next.propose(7, as: call) == 1)
        #expect(try await next.read { $0.values } == [7, 8])
        // A node that replays its log has the session too.
        try await cluster.start(old)
        let applied = await next.metricsNow().appliedIndex
        let again = try #require(cluster.nodes[old])
        try await again.waitForApplied(applied, atMost: .seconds(20))
        #expect(await again.metricsNow().openSessions == 1)
        await cluster.stopAll()
    }

    @Test("A session forwards attempts until one is answered, over the loss of a leader (W4)")
    func forwarding() async throws {
        let cluster = MemoryClusterTests.Cluster()
        let leader = try await cluster.startAll()
        let old = await leader.metricsNow().node
        let other = try #require(cluster.nodes[old == 1 ? 2 : 1])
        let session = try await leader.openSession()
        var attempts = 0
        let output = try await session.propose(atMost: .seconds(30)) { call in
            attempts += 1
            let output = try await leader.propose(5, as: call)
            if attempts < 3 { throw RaftError(.unknown, "the answer \(output) was lost on the way") }
            return output
        }
        #expect(output == 1 && attempts == 3)
        #expect(try await leader.read { $0.values } == [5])
        // A node that does not lead is no help: it says who does.
        #expect(await code { try await other.openSession() } == .notLeader)
        await cluster.stopAll()
    }

    @Test("A command that the machine refuses is refused once and for all (C7, W4)")
    func refused() async throws {
        let cluster = MemoryClusterTests.Cluster(size: 1)
        let leader = try await cluster.startAll()
        let session = try await leader.openSession()
        #expect(await code { try await session.propose(-1) } == .refused)
        let call = SessionCall(session: session.id, serial: 1, lowestUnanswered: 1)
        // The serial is used up; with the next command its result is dropped.
        #expect(await code { try await leader.propose(9, as: call) } == .refused)
        #expect(try await session.propose(4) == 1)
        #expect(await code { try await leader.propose(9, as: call) } == .sessionExpired)
        await cluster.stopAll()
    }

    @Test("Numbers that no session has are an error of the call, and nothing is appended (V15)")
    func impossible() async throws {
        let cluster = MemoryClusterTests.Cluster(size: 1)
        let leader = try await cluster.startAll()
        let last = await leader.metricsNow().lastIndex
        for (serial, lowest) in [(0, 0), (1, 2), (1 << 63, 1), (1, 0)] as [(UInt64, UInt64)] {
            let call = SessionCall(
                session: SessionID(index: 1, nonce: 0), serial: serial, lowestUnanswered: lowest)
            #expect(await code { try await leader.propose(9, as: call) } == .sessionExpired)
        }
        #expect(await leader.metricsNow().lastIndex == last)
        await cluster.stopAll()
    }
}
