import RaftCore
import RaftMembership
import RaftMemory
import Testing

/// What an embedder may ask of a read (rules R1 to R7).
@Suite("Reads with a guarantee")
struct ReadGuaranteeTests {
    @Test("Every guarantee is to be had of the leader, and those of followers everywhere (R7)")
    func everywhere() async throws {
        let cluster = MemoryClusterTests.Cluster()
        let leader = try await cluster.startAll()
        for number in 1...20 { _ = try await leader.propose(number) }
        for guarantee in [.linearizable, .lease, .follower] as [ReadGuarantee] {
            #expect(try await leader.read(guarantee) { $0.values.count } == 20)
        }
        #expect(try await leader.read(.stale(atMost: .seconds(60))) { $0.values.count } == 20)
        for id in cluster.ids {
            let node = try #require(cluster.nodes[id])
            guard node !== leader else { continue }
            // Linearizable, though this node may not have had the last entries when it was asked.
            let count = try await poll("node \(id) knows its leader") {
                do {
                    return try await node.read(.follower) { $0.values.count }
                } catch let error as RaftError where error.code == .notLeader {
                    return nil
                }
            }
            #expect(count == 20)
            #expect(try await node.read(.stale(atMost: .seconds(60))) { $0.values.count } == 20)
            for guarantee in [.linearizable, .lease] as [ReadGuarantee] {
                let error = await #expect(throws: RaftError.self) { try await node.read(guarantee) { $0.values.count } }
                #expect(error?.code == .notLeader)
            }
        }
        await cluster.stopAll()
    }

    @Test("A leader of three comes by a lease, and a promise is durable before it is given (R4, R6)")
    func lease() async throws {
        let cluster = MemoryClusterTests.Cluster()
        let leader = try await cluster.startAll()
        _ = try await leader.propose(1)
        _ = try await leader.waitFor(atMost: .seconds(30)) { ($0.leaseMilliseconds ?? 0) > 0 }
        #expect(try await leader.read(.lease) { $0.values } == [1])
        for id in cluster.ids {
            let promised = try #require(cluster.durablePromise(of: id))
            #expect(promised == RaftConfiguration().electionTimeout.lowerBound)
        }
        await cluster.stopAll()
    }

    @Test("A node that is alone tells how old it is, and what it has however old (R7)")
    func alone() async throws {
        let cluster = MemoryClusterTests.Cluster()
        let leader = try await cluster.startAll()
        _ = try await leader.propose(1)
        let id = try #require(cluster.ids.first { cluster.nodes[$0] !== leader })
        let node = try #require(cluster.nodes[id])
        _ = try await poll("it has the entry") {
            try await node.read(.stale) { $0.values.count } == 1 ? true : nil
        }
        for other in cluster.ids where other != id { await cluster.stop(other) }
        try await node.waitFor(atMost: .seconds(30)) { $0.leader == nil }
        let error = await #expect(throws: RaftError.self) {
            try await node.read(.stale(atMost: .nanoseconds(1))) { $0.values.count }
        }
        #expect(error?.code == .tooStale && error?.outcome == .rejected)
        #expect(try await node.read(.stale) { $0.values } == [1])
        await cluster.stopAll()
    }
}
