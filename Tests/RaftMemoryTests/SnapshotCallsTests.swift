import RaftCore
import RaftMembership
import RaftMemory
import Testing

/// Snapshots of running nodes, as an embedder meets them.
@Suite("Snapshots and compaction through the public type")
struct SnapshotCallsTests {
    typealias Cluster = MembershipCallsTests.Cluster

    private func configuration(retained: Int = 0) -> RaftConfiguration {
        var configuration = RaftConfiguration()
        configuration.snapshotEntries = 0
        configuration.snapshotRetained = retained
        configuration.snapshotChunkBytes = 100
        configuration.snapshotPinned = 0
        return configuration
    }

    @Test("A snapshot covers what is applied, and the log keeps its tail; compacting leaves none (S1, S10)")
    func snapshotAndCompact() async throws {
        let cluster = Cluster()
        let node = try await cluster.start(1, configuration(retained: 3))
        let early = await #expect(throws: RaftError.self) { try await node.snapshot() }
        #expect(early?.code == .snapshotFailed)
        try await node.bootstrap([1: "memory:1"])
        _ = try await node.waitForLeader()
        for number in 1...20 { _ = try await node.propose(number) }
        let snapshot = try await node.snapshot()
        let metrics = await node.metricsNow()
        #expect(snapshot.last.index == metrics.appliedIndex && metrics.snapshotIndex == snapshot.last.index)
        #expect(metrics.purgedIndex == LogIndex(snapshot.last.index.rawValue - 3))
        #expect(snapshot.configuration.membership == metrics.membership && snapshot.cluster == metrics.cluster)
        // Nothing new: it is there already.
        #expect(try await node.snapshot() == snapshot)
        #expect(try await node.compact() == snapshot.last.index)
        #expect(try await node.compact() == snapshot.last.index)
        _ = try await node.propose(21)
        #expect(try await node.compact() == snapshot.last.index.next)
        await cluster.stopAll()
    }

    @Test("A restarted node has the state of its snapshot and what came after it (S2, S4)", arguments: [0, 5])
    func restart(retained: Int) async throws {
        let storage = MemoryStorage()
        let cluster = Cluster()
        var node = try await cluster.start(1, configuration(retained: retained), storage: storage)
        try await node.bootstrap([1: "memory:1"])
        _ = try await node.waitForLeader()
        for number in 1...10 { _ = try await node.propose(number) }
        try await node.snapshot()
        for number in 11...15 { _ = try await node.propose(number) }
        await cluster.stopAll()
        node = try await cluster.start(1, configuration(retained: retained), storage: storage)
        #expect(try await node.waitForLeader() == 1)
        #expect(try await node.read { $0.values } == Array(1...15))
        #expect(await node.metricsNow().membership.voters == [1])
        await cluster.stopAll()
    }

    @Test("A follower that was away for longer than the log reaches is sent the state in chunks (S2, S5, S6)")
    func followerComesBack() async throws {
        let cluster = Cluster()
        let storage = MemoryStorage()
        for id: NodeID in [1, 2] { try await cluster.start(id, configuration()) }
        try await cluster.start(3, configuration(), storage: storage)
        let all: [NodeID: String] = [1: "memory:1", 2: "memory:2", 3: "memory:3"]
        try await cluster.nodes[1]?.bootstrap(all)
        _ = try await cluster.propose(0)
        await cluster.stop(3)
        for number in 1...300 { _ = try await cluster.propose(number) }
        for id: NodeID in [1, 2] { try await cluster.nodes[id]?.compact() }
        let back = try await cluster.start(3, configuration(), storage: storage)
        let leader = try await cluster.leader()
        let target = await leader.metricsNow().commitIndex
        try await back.waitForApplied(target)
        #expect(try await back.read(.stale) { $0.values } == Array(0...300))
        #expect(await back.metricsNow().snapshotIndex > .zero)
        for number in 301...310 { _ = try await cluster.propose(number) }
        try await back.waitForApplied(await leader.metricsNow().commitIndex)
        await cluster.stopAll()
    }

    @Test("A machine without snapshots keeps its log, and says so")
    func withoutSnapshots() async throws {
        struct Silent: StateMachine {
            mutating func apply(_ command: Int) -> Int { command }
        }
        var configuration = RaftConfiguration()
        configuration.snapshotEntries = 2
        let node = try await Raft.start(
            Silent(), as: 1, storage: .memory, transport: .memory("1", on: MemoryNetwork()),
            configuration: configuration)
        try await node.bootstrap([1: "memory:1"])
        _ = try await node.waitForLeader()
        for number in 1...10 { _ = try await node.propose(number) }
        let error = await #expect(throws: RaftError.self) { try await node.snapshot() }
        #expect(error?.code == .snapshotFailed)
        #expect(await node.metricsNow().purgedIndex == .zero)
        await node.shutdown()
    }
}
