import Glibc
import RaftCore
import RaftMembership
import RaftMemory
import Synchronization
import Testing

/// The calls of an embedder that change a cluster of running nodes, and those that were made for them.
@Suite("Membership, leadership and proposals through the public type")
struct MembershipCallsTests {
    struct Log: StateMachine, Codable {
        private(set) var values: [Int] = []
        var isInline: Bool { true }
        mutating func apply(_ command: Int) throws -> Int {
            if command < 0 { throw CommandRefused("negative") }
            values.append(command)
            return values.count
        }
    }

    /// Nodes of one network, each with a storage of its own.
    final class Cluster {
        let network = MemoryNetwork()
        private(set) var nodes: [NodeID: Raft<Log>] = [:]

        @discardableResult
        func start(_ id: NodeID, _ configuration: RaftConfiguration = .init(), storage: (any LogStorage)? = nil)
            async throws -> Raft<Log>
        {
            let storage = storage ?? MemoryStorage()
            let raft = try await Raft.start(
                Log(), as: id, storage: StorageProvider { _ in storage }, transport: .memory("\(id)", on: network),
                configuration: configuration)
            nodes[id] = raft
            return raft
        }

        func form(_ ids: [NodeID]) async throws {
            for id in ids { try await start(id) }
            try await nodes[ids[0]]?.bootstrap(Dictionary(uniqueKeysWithValues: ids.map { ($0, "memory:\($0)") }))
        }

        func leader() async throws -> Raft<Log> {
            try await poll("a leader") {
                for id in nodes.keys.sorted() {
                    if let node = nodes[id], await node.metricsNow().role == .leader { return node }
                }
                return nil
            }
        }

        /// Asks the leader, again when there is none at the moment.
        func change(_ changes: [MembershipChange]) async throws -> LoggedMembership {
            try await poll("a leader that changes the membership") {
                do {
                    return try await leader().change(changes)
                } catch let error as RaftError where error.code == .notLeader {
                    return nil
                }
            }
        }

        /// As `change`, for a command.
        func propose(_ command: Int) async throws -> Int {
            try await poll("a leader that takes a command") {
                do {
                    return try await leader().propose(command)
                } catch let error as RaftError where error.code == .notLeader {
                    return nil
                }
            }
        }

        func stop(_ id: NodeID) async { await nodes.removeValue(forKey: id)?.shutdown() }

        func stopAll() async {
            for id in nodes.keys.sorted() { await nodes.removeValue(forKey: id)?.shutdown() }
        }
    }

    @Test("A cluster grows from one node to three, is replaced, and shrinks back to one (M3, M4, M6)")
    func growAndShrink() async throws {
        let cluster = Cluster()
        try await cluster.form([1])
        for id: NodeID in [2, 3] {
            try await cluster.start(id)
            let grown = try await cluster.change([.add(id, addresses: ["memory:\(id)"])])
            #expect(grown.membership.voters.count == Int(id.rawValue) && !grown.membership.isJoint)
            for number in 1...20 { _ = try await cluster.leader().propose(number) }
        }
        for id: NodeID in [4, 5, 6] { try await cluster.start(id) }
        let moved = try await cluster.change(
            [4, 5, 6].map { .add($0, addresses: ["memory:\($0)"]) } + [.setVoters([4, 5, 6])])
        #expect(moved.membership.members.map(\.member.id) == [4, 5, 6])
        let newcomer = try #require(cluster.nodes[5])
        try await newcomer.waitForVoters([4, 5, 6])
        let new = try await poll("one of the newcomers leads") {
            let leader = try await cluster.leader()
            return await [4, 5, 6].contains(leader.metricsNow().node) ? leader : nil
        }
        #expect(try await new.propose(41) == 41)
        for id: NodeID in [1, 2, 3] {
            let node = try #require(cluster.nodes[id])
            try await node.waitFor { $0.role == .removed }
            let error = await #expect(throws: RaftError.self) { try await node.propose(0) }
            #expect(error?.code == .removed && error?.outcome == .rejected)
        }
        let last = await new.metricsNow().node
        let alone = try await cluster.change([.setVoters([last])])
        #expect(alone.membership.members.map(\.member.id) == [last])
        #expect(try await cluster.leader().propose(42) == 42)
        await cluster.stopAll()
    }

    @Test("A change that cannot be, or that was decided on another configuration, changes nothing (M1)")
    func refusals() async throws {
        let cluster = Cluster()
        try await cluster.form([1, 2, 3])
        let leader = try await cluster.leader()
        let before = await leader.metricsNow()
        for changes: [MembershipChange] in [[.remove(9)], [.setVoters([])], [.promote(1)]] {
            let error = await #expect(throws: RaftError.self) { try await leader.change(changes) }
            #expect(error?.code == .changeRefused && error?.outcome == .rejected)
        }
        let stale = LogID(term: before.membershipID.term, index: before.membershipID.index.next)
        let error = await #expect(throws: RaftError.self) {
            try await leader.change([.demote(3)], ifMembershipIs: stale)
        }
        #expect(error?.code == .changeRefused)
        #expect(await leader.metricsNow().membershipID == before.membershipID)
        await cluster.stopAll()
    }

    @Test("Leadership goes to whom it was handed, and back, and a node steps down on request (T1)")
    func transfer() async throws {
        let cluster = Cluster()
        try await cluster.form([1, 2, 3])
        var leader = try await cluster.leader()
        for _ in 1...4 {
            let own = await leader.metricsNow().node
            let target: NodeID = own == 3 ? 1 : 3
            #expect(try await leader.transferLeadership(to: target) == target)
            leader = try #require(cluster.nodes[target])
            try await leader.waitFor { $0.role == .leader }
            _ = try await leader.propose(1)
        }
        let own = await leader.metricsNow().node
        #expect(try await leader.stepDown() != own)
        let failed = await #expect(throws: RaftError.self) {
            try await cluster.leader().transferLeadership(to: 77)
        }
        #expect(failed?.code == .transferFailed)
        await cluster.stopAll()
    }

    @Test("Commands of one batch are applied in order, each with an outcome of its own")
    func batch() async throws {
        let cluster = Cluster()
        try await cluster.form([1])
        let leader = try await cluster.leader()
        let outcomes = try await leader.propose(batch: [5, -1, 6])
        #expect(try outcomes[0].get() == 1 && outcomes[2].get() == 2)
        #expect(throws: RaftError.self) { try outcomes[1].get() }
        #expect(try await leader.propose(batch: []).isEmpty)
        #expect(try await leader.read { $0.values } == [5, 6])
        await cluster.stopAll()
    }

    @Test("A batch that finds no room is rejected from its end (P8, W1)")
    func overfullBatch() async throws {
        let cluster = Cluster()
        var configuration = RaftConfiguration()
        configuration.inboxCalls = 10
        let node = try await cluster.start(1, configuration)
        try await node.bootstrap([1: "memory:1"])
        let outcomes = try await cluster.leader().propose(batch: Array(1...50))
        let taken = outcomes.prefix { if case .success = $0 { true } else { false } }.count
        #expect((1...10).contains(taken))
        for outcome in outcomes.dropFirst(taken) {
            let error = #expect(throws: RaftError.self) { try outcome.get() }
            #expect(error?.code == .overloaded)
        }
        #expect(try await node.read { $0.values } == Array(1...taken))
        await cluster.stopAll()
    }

    @Test("A proposal that was meant for another term is not appended")
    func termFence() async throws {
        let cluster = Cluster()
        try await cluster.form([1])
        let leader = try await cluster.leader()
        let term = await leader.metricsNow().term
        #expect(try await leader.propose(7, ifTermIs: term) == 1)
        let error = await #expect(throws: RaftError.self) { try await leader.propose(8, ifTermIs: term.next) }
        #expect(error?.code == .termChanged && error?.outcome == .rejected)
        let outcomes = try await leader.propose(batch: [9, 10], ifTermIs: term.next)
        #expect(outcomes.allSatisfy { (try? $0.get()) == nil })
        #expect(try await leader.read { $0.values } == [7])
        await cluster.stopAll()
    }

    @Test("What is waited for comes, or the wait ends: in time, with the node, or with its task")
    func waiting() async throws {
        let cluster = Cluster()
        let node = try await cluster.start(1)
        let late = await #expect(throws: RaftError.self) {
            try await node.waitFor(atMost: .milliseconds(1)) { $0.role == .leader }
        }
        #expect(late?.code == .timedOut)
        let cancelled = Task { try await node.waitFor { $0.role == .leader } }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        try await node.bootstrap([1: "memory:1"])
        #expect(try await node.waitForLeader() == 1)
        _ = try await node.propose(1)
        try await node.waitForApplied(3)
        let ended = Task { try await node.waitFor { $0.term.rawValue > 1000 } }
        await cluster.stopAll()
        let error = await #expect(throws: RaftError.self) { try await ended.value }
        #expect(error?.code == .stopped)
    }

    /// Blocks as a hung disk does, on storage's own thread.
    final class HangingStorage: LogStorage {
        private let inner = MemoryStorage()
        private let isHanging = Mutex(false)
        private let held = Atomic<Int>(0)

        var commitsInstantly: Bool { false }
        var heldCommits: Int { held.load(ordering: .relaxed) }
        func hang(_ value: Bool) { isHanging.withLock { $0 = value } }
        func recover(_ group: GroupID) throws -> RecoveredGroup { try inner.recover(group) }
        func commit(_ batches: [StorageBatch]) throws {
            if isHanging.withLock({ $0 }) {
                held.add(1, ordering: .relaxed)
                while isHanging.withLock({ $0 }) { sched_yield() }
            }
            try inner.commit(batches)
        }
        func entries(of group: GroupID, in range: Range<LogIndex>, maxBytes: Int) throws -> EntryBatch {
            try inner.entries(of: group, in: range, maxBytes: maxBytes)
        }
        func close() {}
    }

    @Test("A leader whose disk hangs is replaced, answers unknown, and comes back (D5)")
    func hungDisk() async throws {
        let cluster = Cluster()
        var configuration = RaftConfiguration()
        configuration.diskStall = 200_000_000
        var disks: [NodeID: HangingStorage] = [:]
        for id: NodeID in [1, 2, 3] {
            let disk = HangingStorage()
            disks[id] = disk
            try await cluster.start(id, configuration, storage: disk)
        }
        try await cluster.nodes[1]?.bootstrap([1: "memory:1", 2: "memory:2", 3: "memory:3"])
        let old = try await cluster.leader()
        _ = try await old.propose(1)
        let id = await old.metricsNow().node
        let disk = try #require(disks[id])
        disk.hang(true)
        let call = Task { try await old.propose(2) }
        let new = try await poll("another leader") {
            for (other, node) in cluster.nodes where other != id {
                if await node.metricsNow().role == .leader { return node }
            }
            return nil
        }
        try await old.waitFor { $0.role != .leader }
        let error = await #expect(throws: RaftError.self) { try await call.value }
        #expect(error?.outcome == .unknown)
        #expect(disk.heldCommits > 0)
        _ = try await new.propose(3)
        disk.hang(false)
        let last = await new.metricsNow().commitIndex
        try await old.waitForApplied(last)
        await cluster.stopAll()
    }
}
