import RaftCore
import RaftMembership
import RaftMemory
import Synchronization
import Testing

/// The public type over in-process modules: what an embedder sees.
@Suite("A cluster within one process")
struct MemoryClusterTests {
    struct Register: StateMachine {
        private(set) var values: [Int] = []
        private(set) var indices: [LogIndex] = []
        var runsInline = true

        var isInline: Bool { runsInline }
        mutating func apply(_ command: Int) throws -> Int {
            if command == -1 { throw CommandRefused("negative") }
            if command == -2 { throw Broken() }
            values.append(command)
            return values.count
        }
        mutating func skip(to index: LogIndex) { indices.append(index) }
    }

    struct Broken: Error {}

    /// Nodes whose storage survives them.
    final class Cluster {
        let network = MemoryNetwork()
        let ids: [NodeID]
        let inline: Bool
        private var storages: [NodeID: MemoryStorage] = [:]
        private(set) var nodes: [NodeID: Raft<Register>] = [:]

        init(size: UInt64 = 3, inline: Bool = true) {
            ids = (1...size).map { NodeID($0) }
            self.inline = inline
            for id in ids { storages[id] = MemoryStorage() }
        }

        var members: [NodeID: String] { Dictionary(uniqueKeysWithValues: ids.map { ($0, "memory:\($0)") }) }

        func start(_ id: NodeID) async throws {
            let storage = try #require(storages[id])
            nodes[id] = try await Raft.start(
                Register(runsInline: inline), as: id, storage: .memory(storage),
                transport: .memory("\(id)", on: network))
        }

        /// All nodes, formed into a cluster, and the one that leads.
        func startAll() async throws -> Raft<Register> {
            for id in ids { try await start(id) }
            let first = try #require(nodes[1])
            try await first.bootstrap(members)
            return try await leader()
        }

        /// What its hard state says that it may have promised.
        func durablePromise(of id: NodeID) -> UInt64? {
            (try? storages[id]?.recover(.first))?.hardState?.largestPromise
        }

        func stop(_ id: NodeID) async {
            await nodes.removeValue(forKey: id)?.shutdown()
        }

        func stopAll() async {
            for id in ids { await stop(id) }
        }

        func leader() async throws -> Raft<Register> {
            try await poll("a leader") {
                for id in ids {
                    if let node = nodes[id], await node.metricsNow().role == .leader { return node }
                }
                return nil
            }
        }
    }

    @Test("It forms, takes commands in order, and reads them back linearizably", arguments: [true, false])
    func lifeOfACluster(inline: Bool) async throws {
        let cluster = Cluster(inline: inline)
        let leader = try await cluster.startAll()
        for number in 1...100 { #expect(try await leader.propose(number) == number) }
        #expect(try await leader.read { $0.values } == Array(1...100))
        // Followers hear of it, and refuse to answer in the leader's place.
        for id in cluster.ids {
            let node = try #require(cluster.nodes[id])
            let values = try await poll("node \(id) applies all") {
                let values = try await node.read(.stale) { $0.values }
                return values.count == 100 ? values : nil
            }
            #expect(values == Array(1...100))
            guard node !== leader else { continue }
            let error = await #expect(throws: RaftError.self) { try await node.propose(0) }
            #expect(error?.code == .notLeader && error?.outcome == .rejected && error?.leader != nil)
        }
        await cluster.stopAll()
    }

    @Test("A new leader takes over, and what was acknowledged is there (§5.4)")
    func failOver() async throws {
        let cluster = Cluster()
        let old = try await cluster.startAll()
        for number in 1...50 { _ = try await old.propose(number) }
        let id = await old.metricsNow().node
        await cluster.stop(id)
        let new = try await cluster.leader()
        #expect(try await new.propose(51) == 51)
        #expect(try await new.read { $0.values } == Array(1...51))
        // The old one comes back on its storage, and catches up.
        try await cluster.start(id)
        let back = try #require(cluster.nodes[id])
        _ = try await poll("it catches up") { try await back.read(.stale) { $0.values.count } == 51 ? true : nil }
        await cluster.stopAll()
    }

    @Test("Bootstrap may be called on several nodes at once, in any order, and again (M9)")
    func bootstrapEverywhere() async throws {
        let cluster = Cluster()
        for id in cluster.ids { try await cluster.start(id) }
        let members = cluster.members
        let identities = try await withThrowingTaskGroup(of: ClusterID.self) { group in
            for id in cluster.ids.reversed() {
                let node = try #require(cluster.nodes[id])
                group.addTask { try await node.bootstrap(members) }
            }
            return try await group.reduce(into: Set<ClusterID>()) { $0.insert($1) }
        }
        #expect(identities.count == 1)
        let again = try #require(cluster.nodes[2])
        #expect(try await again.bootstrap(members) == identities.first)
        let error = await #expect(throws: RaftError.self) { try await again.bootstrap([2: "memory:2"]) }
        #expect(error?.code == .formation)
        await cluster.stopAll()
    }

    @Test("A cancelled bootstrap call ends, the forming goes on (M9)")
    func cancelledBootstrap() async throws {
        let cluster = Cluster()
        try await cluster.start(1)
        let first = try #require(cluster.nodes[1])
        let members = cluster.members
        let call = Task { try await first.bootstrap(members) }
        call.cancel()
        let error = await #expect(throws: RaftError.self) { try await call.value }
        #expect(error?.outcome == .unknown)
        try await cluster.start(2)
        try await cluster.start(3)
        _ = try await cluster.leader()
        await cluster.stopAll()
    }

    @Test("A single node elects itself, restarts into a new term and has its data (V8, V13, C6)")
    func singleNode() async throws {
        let cluster = Cluster(size: 1)
        let node = try await cluster.startAll()
        for number in 1...10 { _ = try await node.propose(number) }
        let term = await node.metricsNow().term
        await cluster.stop(1)
        try await cluster.start(1)
        let again = try await cluster.leader()
        #expect(await again.metricsNow().term > term)
        #expect(try await again.read { $0.values } == Array(1...10))
        await cluster.stopAll()
    }

    @Test("What the machine refuses is an outcome, what breaks it stops the node (C7)", arguments: [true, false])
    func refusalsAndFailures(inline: Bool) async throws {
        let cluster = Cluster(size: 1, inline: inline)
        let node = try await cluster.startAll()
        let refusal = await #expect(throws: RaftError.self) { try await node.propose(-1) }
        #expect(refusal?.code == .refused && refusal?.outcome == .committed)
        #expect(try await node.propose(7) == 1)
        let failure = await #expect(throws: RaftError.self) { try await node.propose(-2) }
        #expect(failure?.code == .failed)
        let reason = try #require(await node.waitUntilStopped())
        #expect(reason.message.contains("index"))
        #expect(await node.metricsNow().role == .fenced)
        let later = await #expect(throws: RaftError.self) { try await node.propose(1) }
        #expect(later?.code == .stopped)
        await cluster.stopAll()
    }

    @Test("Without a quorum nothing is acknowledged, and shutdown ends what waits as unknown (W1, W2, R3)")
    func noQuorum() async throws {
        let cluster = Cluster()
        let leader = try await cluster.startAll()
        _ = try await leader.propose(1)
        let own = await leader.metricsNow().node
        for id in cluster.ids where id != own { await cluster.stop(id) }
        let call = Task { try await leader.propose(2) }
        let read = Task { try await leader.read { $0.values } }
        _ = try await poll("it steps down (V9)") { await leader.metricsNow().role != .leader ? true : nil }
        await #expect(throws: RaftError.self) { try await read.value }
        await cluster.stop(own)
        let error = await #expect(throws: RaftError.self) { try await call.value }
        #expect(error?.outcome == .unknown || error?.code == .notLeader)
    }

    @Test("Metrics are watched as one value after the other, and end with the node (W5)")
    func metrics() async throws {
        let cluster = Cluster(size: 1)
        let node = try await cluster.startAll()
        let changes = node.metrics
        let watch = Task {
            var last: RaftMetrics?
            for await metrics in changes {
                if let last { #expect(metrics.commitIndex >= last.commitIndex) }
                #expect(metrics.appliedIndex <= metrics.commitIndex && metrics.commitIndex <= metrics.lastIndex)
                last = metrics
            }
            return last
        }
        for number in 1...100 { _ = try await node.propose(number) }
        await cluster.stopAll()
        #expect(try #require(await watch.value).term > .zero)
        for await _ in node.metrics { Issue.record("a stopped node has no more metrics") }
    }

    @Test("A command over the limit is rejected before it is appended")
    func tooLarge() async throws {
        var configuration = RaftConfiguration()
        configuration.maximumCommandBytes = 4
        let node = try await Raft.start(
            Register(), as: 1, storage: .memory, transport: .memory("1", on: MemoryNetwork()),
            configuration: configuration)
        try await node.bootstrap([1: "memory:1"])
        try await node.waitForLeader()
        let error = await #expect(throws: RaftError.self) { try await node.propose(Int.max) }
        #expect(error?.code == .tooLarge && error?.outcome == .rejected)
        await node.shutdown()
    }

    @Test("A name is given once, and who failed to get it takes it from nobody")
    func occupiedName() async throws {
        let cluster = Cluster(size: 1)
        let node = try await cluster.startAll()
        await #expect(throws: TransportError.self) {
            _ = try await Raft.start(
                Register(), as: 2, storage: .memory, transport: .memory("1", on: cluster.network))
        }
        #expect(try await node.propose(1) == 1)
        await cluster.stopAll()
    }

    @Test("A thousand proposers at once are all answered, each once")
    func manyProposers() async throws {
        let cluster = Cluster()
        let leader = try await cluster.startAll()
        let answers = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<1000 { group.addTask { try await leader.propose(number) } }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(answers.sorted() == Array(1...1000))
        #expect(try await leader.read { $0.values.sorted() } == Array(0..<1000))
        await cluster.stopAll()
    }
}

/// Asks until there is an answer, or half a minute has passed.
func poll<Value>(_ what: String, _ ask: () async throws -> Value?) async throws -> Value {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(30)
    while clock.now < deadline {
        if let value = try await ask() { return value }
        // Gives the processor away between two looks; nothing depends on how long.
        try await Task.sleep(for: .milliseconds(2))
    }
    throw Overdue(what: what)
}

struct Overdue: Error { var what: String }
