import RaftCore
import RaftMembership
import RaftMemory
import Testing

/// Rule M10 for whoever runs nodes within a process.
@Suite("Amnesia within one process")
struct MemoryAmnesiaTests {
    typealias Register = MemoryClusterTests.Register

    private func start(
        _ id: NodeID, _ storage: MemoryStorage, _ mark: MemoryMarkStore? = nil, on network: MemoryNetwork,
        _ configuration: RaftConfiguration = RaftConfiguration()
    ) async throws -> Raft<Register> {
        try await Raft.start(
            Register(), as: id, storage: .memory(storage).marked(by: mark), transport: .memory("\(id)", on: network),
            configuration: configuration)
    }

    #if TestBuild
        @Test("Under the switch that ignores marks an emptied node begins a new life: the fault to be found (M10)")
        func ignoredMark() async throws {
            let mark = MemoryMarkStore()
            let network = MemoryNetwork()
            var configuration = RaftConfiguration()
            configuration.mutation = .ignoreMark
            var members: Set<Member> = []
            for _ in 1...2 {
                let node = try await start(1, MemoryStorage(), mark, on: network, configuration)
                members.insert(await node.metricsNow().member)
                await node.shutdown()
            }
            #expect(members.count == 2)
        }
    #endif

    @Test("An emptied member comes back as a learner under a later incarnation, and votes when it is promoted (M10)")
    func comesBack() async throws {
        let network = MemoryNetwork()
        let marks = [MemoryMarkStore(), MemoryMarkStore(), MemoryMarkStore()]
        var nodes: [Raft<Register>] = []
        for id in 1...3 {
            nodes.append(try await start(NodeID(UInt64(id)), MemoryStorage(), marks[id - 1], on: network))
        }
        try await nodes[0].bootstrap([1: "memory:1", 2: "memory:2", 3: "memory:3"])
        try await write(7, through: nodes)
        let former = await nodes[2].metricsNow().member
        await nodes[2].shutdown()
        let others = Array(nodes[..<2])
        try await write(8, through: others)

        nodes[2] = try await start(3, MemoryStorage(), marks[2], on: network)
        let third = nodes[2]
        let own = await third.metricsNow().member
        #expect(own.id == 3 && own.incarnation > former.incarnation)
        let role = try await poll("node 3 is taken in") {
            let metrics = await third.metricsNow()
            return metrics.membership.slot(of: own) != nil && metrics.appliedIndex > .zero ? metrics.role : nil
        }
        #expect(role == .learner)
        #expect(await third.metricsNow().membership.voters == [1, 2])
        #expect(try marks[2].read()?.member == own)
        _ = try await poll("it is promoted") {
            for node in others where (try? await node.change([.promote(3)])) != nil { return true }
            return nil
        }
        // All three: the other voter alone is no quorum with it any more.
        await nodes[2].shutdown()
        nodes[2] = third
        try await write(9, through: others)
        for node in others { await node.shutdown() }
    }

    private func write(_ value: Int, through nodes: [Raft<Register>]) async throws {
        _ = try await poll("\(value) is written") {
            for node in nodes where (try? await node.propose(value)) != nil { return true }
            return nil
        }
    }

    @Test("An emptied node that knows of no cluster does not start, and nor does a lone voter on older data (M10)")
    func nobodyLeft() async throws {
        let network = MemoryNetwork()
        let mark = MemoryMarkStore()
        await (try start(1, MemoryStorage(), mark, on: network)).shutdown()
        let emptied = await #expect(throws: StorageError.self) {
            try await start(1, MemoryStorage(), mark, on: network)
        }
        #expect(emptied?.code == .amnesiac)

        let storage = MemoryStorage()
        let other = MemoryMarkStore()
        let node = try await start(2, storage, other, on: network)
        try await node.bootstrap([2: "memory:2"])
        await node.shutdown()
        let old = try copy(of: storage)
        await (try start(2, storage, other, on: network)).shutdown()
        let older = await #expect(throws: StorageError.self) { try await start(2, old, other, on: network) }
        #expect(older?.code == .amnesiac)
        // What it ran last on is as good as ever.
        await (try start(2, storage, other, on: network)).shutdown()
    }

    @Test("What the mark tells of may be put back while nobody has taken the later life in (M10)")
    func emptied() async throws {
        let network = MemoryNetwork()
        let storage = MemoryStorage()
        let mark = MemoryMarkStore()
        for round in 1...2 {
            let node = try await start(1, storage, mark, on: network)
            try await node.bootstrap([1: "memory:1"])
            _ = try await poll("it leads") { await node.metricsNow().role == .leader ? true : nil }
            #expect(try await node.propose(round) == round)
            await node.shutdown()
            #expect(try mark.read()?.startCounter == UInt64(round))
        }
        let later = try await start(1, MemoryStorage(), mark, on: network)
        #expect(try await later.metricsNow().member != mark.read()?.member)
        await later.shutdown()
        let node = try await start(1, storage, mark, on: network)
        _ = try await poll("it leads again") { await node.metricsNow().role == .leader ? true : nil }
        await node.shutdown()
    }

    @Test(
        "A node rolled back without a mark is refused by a peer that saw it, fences itself, and the others go on (M10)")
    func rolledBack() async throws {
        let network = MemoryNetwork()
        var storages = [MemoryStorage(), MemoryStorage(), MemoryStorage()]
        var nodes: [Raft<Register>] = []
        for id in 1...3 as ClosedRange<UInt64> {
            nodes.append(try await start(NodeID(id), storages[Int(id) - 1], on: network))
        }
        try await nodes[0].bootstrap([1: "memory:1", 2: "memory:2", 3: "memory:3"])
        let third = nodes[2]
        _ = try await poll("node 3 belongs to the cluster") {
            await third.metricsNow().membership.members.isEmpty ? nil : true
        }
        await third.shutdown()
        let old = try copy(of: storages[2])
        // It runs on, and then finds the data of before.
        let again = try await start(3, storages[2], on: network)
        _ = try await poll("a leader") { await again.metricsNow().leader == nil ? nil : true }
        await again.shutdown()
        storages[2] = old
        let amnesiac = try await start(3, old, on: network)
        let end = await amnesiac.waitUntilStopped()
        #expect(end?.code == .amnesiac)
        #expect(end?.message.contains("another run had that number") == true, "\(end?.message ?? "")")
        try await write(7, through: Array(nodes[..<2]))
        let former = await amnesiac.metricsNow().member
        await amnesiac.shutdown()
        // It has begun another life by then.
        let later = try await start(3, old, on: network)
        let own = await later.metricsNow().member
        #expect(own.incarnation > former.incarnation)
        _ = try await poll("node 3 is taken in") {
            await later.metricsNow().membership.slot(of: own) == nil ? nil : true
        }
        await later.shutdown()
        for node in nodes[..<2] { await node.shutdown() }
    }

    private func copy(of storage: MemoryStorage) throws -> MemoryStorage {
        let recovered = try storage.recover(.first)
        let copy = MemoryStorage()
        var next: LogIndex = 1
        while next <= recovered.terms.last.index {
            let batch = try storage.entries(of: .first, in: next..<recovered.terms.last.index.next, maxBytes: .max)
            try copy.commit([StorageBatch(group: .first, entries: batch)])
            next = batch.lastIndex.next
        }
        try copy.commit([StorageBatch(group: .first, hardState: recovered.hardState)])
        return copy
    }
}
