import RaftCore
import RaftMembership
import RaftTracing

/// A cluster of the production engine and driver with simulated time, network, disks and processes, driven by hand: the
/// ground that `Simulation` and the simulated level of scenarios stand on.
///
/// A seed decides everything that is left to chance. Lives on one thread. Properties of Raft and of this implementation
/// are checked after each step; the first that does not hold ends the run with an error.
final class SimulatedCluster<Machine: StateMachine> {
    typealias Node = Raft<WatchedMachine<Machine>>

    let core: ClusterCore
    private let makeMachine: () -> Machine
    private let makeStorage: ((NodeID, SimulatedFiles) throws -> any LogStorage)?

    init(
        _ options: ClusterOptions, seed: UInt64, mutation: Mutation? = nil, trace: TraceRecorder = TraceRecorder(),
        isStarted: Bool = true, makeStorage: ((NodeID, SimulatedFiles) throws -> any LogStorage)? = nil,
        makeMachine: @escaping () -> Machine
    ) throws {
        core = try ClusterCore(options, seed: seed, mutation: mutation, trace: trace)
        self.makeMachine = makeMachine
        self.makeStorage = makeStorage
        core.hasOwnStorage = makeStorage != nil
        for node in core.nodes { node.usesImages = makeStorage == nil }
        core.launch = { [unowned self] in try launch($0) }
        if isStarted { for node in core.nodes { core.start(node) } }
    }

    deinit { core.dismantle() }

    private func launch(_ life: SimulatedLife) throws {
        let node = life.node
        let options = core.options
        let environment = SimulatedEnvironment(life: life)
        let storageLane = environment.makeLane(for: .storage)
        let own = try makeStorage?(node.id, node.disk.files)
        if let own, let formation = node.formation { try own.commit([formation]) }
        node.formation = nil
        let storage = SimulatedStorage(life: life, own: own)
        life.storage = storage
        let opened = try Opening.open(
            StorageProvider(mark: SimulatedMark(life: life)) { _ in storage },
            StorageContext(node: node.id, clusterName: "simulation"), environment, options.configuration)
        if opened.recovered.terms.last.index > 1 { core.world.coverage.add(.recoveredEntries) }
        let transport = SimulatedTransport(life: life)
        let raft = Node(
            WatchedMachine(makeMachine(), watcher: NodeWatch.of(life), isInline: options.appliesInline), opened,
            transport, environment, storageLane, "simulation", options.configuration, [],
            Tracer(sink: SimulationSink(life: life), level: .debug, clock: { 0 }))
        life.raft = raft
        life.driver = raft.driver
        life.receiver = raft.driver
        life.identity = raft.driver.identity
        raft.driver.probe = NodeWatch.of(life)
        // A transport delivers from the moment on that it listens, and the node may begin a while after that.
        var random = SeededRandom(seed: core.seed, of: .start, node.index, core.world.now.rawValue)
        guard random.chance(200) else { return begin(raft, life) }
        core.world.after(random.next(in: 1...20) * 1_000_000) { [unowned self] in
            if !life.isDead { begin(raft, life) }
        }
    }

    private func begin(_ raft: Node, _ life: SimulatedLife) {
        life.hasBegun = true
        raft.begin()
    }

    // MARK: By hand

    /// Simulated nanoseconds since the start.
    var now: UInt64 { core.world.now.rawValue - 1_000_000_000 }

    /// Lets events happen for `span` nanoseconds, or until `isDone`; true when it was done.
    /// - Throws: when a property does not hold.
    @discardableResult
    func run(for span: UInt64, until isDone: () -> Bool = { false }) throws -> Bool {
        try core.world.run(for: span, until: isDone)
    }

    /// The running node, of which every call is a callback: nobody suspends in a simulation.
    func raft(_ node: SimulatedNode) -> Node? { node.life?.raft as? Node }

    /// The working node that leads, of the highest term.
    var leader: SimulatedNode? {
        core.nodes.filter(\.isLeader).max { $0.seen.term < $1.seen.term }
    }
}
