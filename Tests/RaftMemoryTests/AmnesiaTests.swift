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

    @Test("A node whose log is gone while its mark is there does not start, and one with both does (M10)")
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
        let error = await #expect(throws: StorageError.self) { try await start(1, MemoryStorage(), mark, on: network) }
        #expect(error?.code == .amnesiac)
        // The address is free again.
        let node = try await start(1, storage, mark, on: network)
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
        _ = try await poll("the others take writes") {
            for node in nodes[..<2] where (try? await node.propose(7)) != nil { return true }
            return nil
        }
        await amnesiac.shutdown()
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
