import RaftCore
public import RaftMembership

/// The simulated level: the production engine and driver with simulated time, network, disks and processes. Everything
/// follows from the seed, so that a scenario that fails here fails again, with the same history.
///
/// ```swift
/// let cluster = try SimulatedScenarioCluster(seed: 7)
/// try await Scenario.loseTheLeader.run(on: cluster, load: cluster.quietLoad)
/// ```
///
/// The properties of the paper and the rules of this implementation are checked after each step of every server, by
/// someone who sees all servers and all disks: the first that does not hold ends the scenario, as a `ScenarioFailure` of
/// kind `property`. Nothing else runs at the side: time passes within the calls of a scenario only, and costs nothing.
public final class SimulatedScenarioCluster: ScenarioCluster {
    public let seed: UInt64
    public let history = ScenarioHistory()
    /// Those that form the cluster.
    private let formation: [NodeID]
    /// How long one step of a scenario may take, in simulated nanoseconds.
    let patience: UInt64
    let cluster: SimulatedCluster<ScenarioMachine>
    private let clients: SimulatedScenarioClients
    var core: ClusterCore { cluster.core }
    /// By node: the call that keeps it asleep is the latest of its kind.
    private var sleeps: [NodeID: Int] = [:]
    private var lastSleep = 0

    /// - Parameters:
    ///   - seed: decides everything that is left to chance.
    ///   - options: of at least three nodes; nil for a world that the seed draws (`ClusterOptions.scenario`).
    ///   - patience: how long one step of a scenario may take, in simulated time.
    ///   - trace: takes a line for each thing that happens.
    /// - Throws: `MembershipError` when the options describe no cluster.
    public init(
        seed: UInt64, options: ClusterOptions? = nil, patience: Duration = .seconds(20),
        trace: ((String) -> Void)? = nil
    ) throws {
        self.seed = seed
        let options = options ?? .scenario(seed: seed)
        var mutation: Mutation?
        #if TestBuild
            mutation = options.configuration.mutation
        #endif
        cluster = try SimulatedCluster(
            options, seed: seed, mutation: mutation, trace: TraceRecorder(listener: trace), isStarted: false,
            makeMachine: { ScenarioMachine() })
        formation = cluster.core.nodes.prefix(options.nodes).map(\.id)
        self.patience = patience.wholeNanoseconds
        clients = SimulatedScenarioClients(cluster, history, SeededRandom(seed: seed ^ 0x5CE7))
    }

    /// As the last configuration has it that was committed.
    public var nodes: [NodeID] {
        let membership = core.properties.committedConfiguration.membership
        return membership.isEmpty ? formation : membership.members.map(\.member.id)
    }

    public var spares: [NodeID] {
        let members = nodes
        return core.nodes.map(\.id).filter { !members.contains($0) }
    }

    public func address(of node: NodeID) -> String { "memory:\(node)" }

    public var now: UInt64 { cluster.now }

    /// Nothing disturbs the times of messages but what a scenario does.
    public var keepsTime: Bool { true }

    /// Equal for runs in which the same happened, bit for bit.
    public var fingerprint: UInt64 { core.world.trace.fingerprint }

    /// A load that lets a scenario run in a moment: a tenth of what clients do elsewhere. It follows from the seed.
    public var quietLoad: ScenarioLoad {
        var load = ScenarioLoad(seed: seed)
        load.pause = 20_000_000
        load.readersPerNode = 1
        return load
    }

    // MARK: Nodes

    func find(_ node: NodeID) throws -> SimulatedNode {
        guard let found = core.nodes.first(where: { $0.id == node }) else {
            throw ScenarioFailure(.level, "there is no node \(node) in the cluster of seed \(seed)")
        }
        return found
    }

    public func start(_ node: NodeID) async throws {
        let node = try find(node)
        guard !node.isUp else { throw ScenarioFailure(.level, "node \(node.id) cannot be started: it runs") }
        core.start(node)
        if !core.options.isFormed, formation.contains(node.id) { form(on: node) }
    }

    /// All but one call wait, and a formed cluster is not formed again (rule M9).
    private func form(on node: SimulatedNode) {
        core.world.after(100_000_000) { [unowned self] in
            guard let raft = cluster.raft(node), raft.driver.engine.membership.isEmpty else { return }
            raft.bootstrap(Dictionary(uniqueKeysWithValues: formation.map { ($0, [address(of: $0)]) })) {
                [unowned core] in if node.disk.hasLostData { core.properties.calledToForm(node, $0) }
            }
            form(on: node)
        }
    }

    public func kill(_ node: NodeID) async throws {
        sleeps[node] = nil
        core.crash(try find(node))
    }

    public func pause(_ node: NodeID) async throws {
        let node = try find(node)
        guard node.isUp, sleeps[node.id] == nil else { return }
        lastSleep += 1
        sleeps[node.id] = lastSleep
        sleepOn(node, lastSleep)
    }

    /// What is due to a node that sleeps is put off again and again, so that all of it comes in order once it wakes.
    private func sleepOn(_ node: SimulatedNode, _ sleep: Int) {
        let span: UInt64 = 10_000_000
        node.pausedUntil = core.world.now + span
        node.disturbedAt = core.world.now + span
        core.world.after(span - 1) { [unowned self] in
            if sleeps[node.id] == sleep { sleepOn(node, sleep) }
        }
    }

    public func resume(_ node: NodeID) async throws { sleeps[node] = nil }

    public func cut(from source: NodeID, to target: NodeID) async throws {
        core.network.cut(try find(source).index, try find(target).index)
    }

    public func heal() async throws {
        core.network.heal()
        core.reconnect()
    }

    // MARK: What they say

    public func status(_ node: NodeID) async throws -> ScenarioStatus? {
        guard sleeps[node] == nil, let life = try find(node).life, let driver = life.driver else { return nil }
        return ScenarioStatus(driver.metrics(life.node.clock.time(at: core.world.now)))
    }

    public func leadersByTerm() async throws -> [Term: Set<NodeID>] {
        core.properties.leaders.mapValues { [$0.member.id] }
    }

    public func contents(of node: NodeID?) async throws -> [String: String] {
        let asked = if let node { node } else { try await leader() }
        let found = Answer<[String: String]>()
        if let raft = cluster.raft(try find(asked)) {
            if node == nil {
                raft.read { found.value = (try? $0.get())?.machine.values }
            } else {
                raft.read(.stale) { found.value = (try? $0.get())?.machine.values }
            }
            try run(for: 2_000_000_000) { found.value != nil }
        }
        guard let contents = found.value else {
            throw ScenarioFailure(.level, "node \(asked) does not say what it holds")
        }
        return contents
    }

    // MARK: Clients

    public func perform(
        _ operation: ScenarioOperation, at node: NodeID?, as process: Int
    ) async throws -> ScenarioOutcome {
        let outcome = Answer<ScenarioOutcome>()
        clients.perform(operation, at: node, as: process) { outcome.value = $0 }
        try run(for: 2 * SimulatedScenarioClients.limit) { outcome.value != nil }
        return outcome.value ?? .unknown("no answer")
    }

    public func startLoad(_ load: ScenarioLoad) async throws {
        guard !clients.isWorking else { throw ScenarioFailure(.level, "there is a load already") }
        clients.start(load.makeClients(of: nodes + spares), pause: load.pause)
    }

    public func stopLoad() async throws {
        clients.stop()
        guard try run(for: 2 * SimulatedScenarioClients.limit, until: { !clients.isWorking }) else {
            throw ScenarioFailure(.level, "clients wait for answers for ever")
        }
    }

    // MARK: Time

    public func advance(_ what: String, until condition: () async throws -> Bool) async throws {
        let end = now + patience
        while try await !condition() { try step(what, before: end) }
    }

    // Kept apart, and not inlined: in release builds Swift 6.3 fails to split `advance` with this in it.
    @inline(never)
    private func step(_ what: String, before end: UInt64) throws {
        guard now < end else {
            throw ScenarioFailure(
                .overdue, "waited \(patience / 1_000_000) simulated ms for this: \(what); \(core.standing)")
        }
        try run(for: 5_000_000)
    }

    /// - Throws: `ScenarioFailure` of kind `property`.
    @discardableResult
    @inline(never)
    func run(for span: UInt64, until isDone: () -> Bool = { false }) throws -> Bool {
        do {
            return try core.world.run(for: span, until: isDone)
        } catch {
            throw ScenarioFailure(.property, "\(error) (simulated cluster of seed \(seed))")
        }
    }
}

/// What a callback leaves behind. Unchecked, because a simulation is confined to one thread.
final class Answer<Value>: @unchecked Sendable {
    var value: Value?
}
