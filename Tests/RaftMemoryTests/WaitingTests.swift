import RaftCore
import RaftMembership
import RaftMemory
import Testing

/// Waiting for a state of a node: no test sleeps, and none depends on how long something takes.
@Suite("Waiting for what a node comes to", .timeLimit(.minutes(2)))
struct WaitingTests {
    typealias Cluster = MembershipCallsTests.Cluster

    @Test("Each condition is met by the node that comes to it")
    func conditions() async throws {
        let cluster = Cluster()
        try await cluster.form([1])
        let node = try #require(cluster.nodes[1])
        for condition in [RaftCondition.formed, .leader, .leader(1), .role(.leader), .voters([1])] {
            try await node.wait(for: condition)
        }
        for number in 1...5 { _ = try await node.propose(number) }
        let last = await node.metricsNow().commitIndex
        let seen = try await node.wait(for: .applied(last), atMost: .seconds(60))
        #expect(seen.appliedIndex >= last)
        try await node.wait(for: .committed(last))
        let compacted = try await node.compact()
        try await node.wait(for: .snapshot(compacted))
        try await node.wait(for: .purged(compacted))
        try await cluster.start(2)
        async let joined = node.wait(for: .membership("node 2 learns") { $0.kind(of: 2) == .learner })
        try await node.change([.add(2, addresses: ["memory:2"], as: .learner)])
        #expect(try await joined.membership.members.count == 2)
        try await node.wait(for: RaftCondition("a session") { $0.openSessions == 0 })
        await cluster.stopAll()
    }

    @Test("A wait that ends in vain says what it waited for, and what it saw last")
    func timedOut() async throws {
        let cluster = Cluster()
        let node = try await cluster.start(1)
        let late = await #expect(throws: RaftError.self) {
            try await node.wait(for: .voters([1, 2]), atMost: .milliseconds(1))
        }
        #expect(late?.code == .timedOut)
        let message = late?.message ?? ""
        #expect(message.contains("waited for voters 1, 2, which did not come within"), "\(message)")
        #expect(message.contains("seen last: node 1 is follower in term 0, no leader"), "\(message)")
        #expect(message.contains("no members yet"), "\(message)")
        let leader = await #expect(throws: RaftError.self) { try await node.waitForLeader(atMost: .milliseconds(1)) }
        #expect(leader?.code == .timedOut && leader?.message.contains("a leader") == true)
        await cluster.stopAll()
    }

    @Test("A wait ends with the node, which says so")
    func ended() async throws {
        let cluster = Cluster()
        try await cluster.form([1])
        let node = try #require(cluster.nodes[1])
        try await node.wait(for: .role(.leader))
        let waiting = Task { try await node.wait(for: .leader(77)) }
        // By the time that its first state was looked at, or later.
        await cluster.stopAll()
        let error = await #expect(throws: RaftError.self) { try await waiting.value }
        #expect(error?.code == .stopped)
        #expect(error?.message.contains("node 77 to lead") == true)
        let after = await #expect(throws: RaftError.self) { try await node.wait(for: .leader(77)) }
        #expect(after?.code == .stopped)
    }

    @Test("A node that has stopped itself is waited for no longer (D2)")
    func failed() async throws {
        struct Broken: Error {}
        struct Fragile: StateMachine {
            var isInline: Bool { true }
            mutating func apply(_ command: Int) throws -> Int { throw Broken() }
        }
        let node = try await Raft.start(
            Fragile(), as: 1, storage: .memory, transport: .memory("1", on: MemoryNetwork()))
        try await node.bootstrap([1: "memory:1"])
        try await node.wait(for: .role(.leader))
        let waiting = Task { try await node.wait(for: .applied(1000)) }
        await #expect(throws: RaftError.self) { try await node.propose(1) }
        let error = await #expect(throws: RaftError.self) { try await waiting.value }
        #expect(error?.code == .stopped)
        #expect(error?.message.contains("has stopped itself") == true, "\(error?.message ?? "")")
        // What it is can still be waited for.
        try await node.wait(for: .role(.fenced))
        await node.shutdown()
    }
}
