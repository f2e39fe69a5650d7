public import RaftCore
public import RaftMembership
import RaftTracing
import Synchronization

/// The level of real modules in one process: any storage and any transport, with nodes that can be killed and paused and
/// links that can be cut. Somebody who wrote a module of their own runs every scenario on it:
///
/// ```swift
/// for scenario in Scenario.all {
///     let data = try freshDirectory()
///     let cluster = InProcessCluster(
///         addresses: [1: "mine:a", 2: "mine:b", 3: "mine:c"], spares: [4: "mine:d", 5: "mine:e", 6: "mine:f"],
///         storage: { id in .mine(at: "\(data)/\(id)") },
///         emptying: { id in try removeDirectory("\(data)/\(id)") },
///         transport: { _, address in .mine(listeningOn: address) })
///     try await scenario.run(on: cluster, seed: 7)
///     await cluster.shutdown()
/// }
/// ```
///
/// A kill is as hard as it can be within a process; `NodeFaults` says what that means.
public final class InProcessCluster: ScenarioCluster {
    public let history = ScenarioHistory()
    private var known: KnownMembers
    /// Of those that form the cluster.
    private let formation: [NodeID: String]
    private let addresses: [NodeID: String]
    private let storage: @Sendable (NodeID) -> StorageProvider
    private let emptying: (@Sendable (NodeID) throws -> Void)?
    private let transport: @Sendable (NodeID, String) -> TransportProvider
    private let configuration: RaftConfiguration
    private let links = LinkFaults()
    private let elections = ElectionLog()
    private let running = RunningNodes()
    private let time: RealTime
    private var forming: [Task<Void, Never>] = []
    private var load: RunningLoad?

    /// - Parameters:
    ///   - addresses: of the members, at least three.
    ///   - spares: addresses of the nodes beside them; as many as members for scenarios that need some.
    ///   - storage: makes what a node keeps its log in: asked at every start, and must then find what was there.
    ///   - emptying: takes away what the storage of a node that does not run has kept, and not its mark. Without it no
    ///     scenario can empty a disk.
    ///   - transport: makes what a node listens with at its address; with an environment of its own each time.
    ///   - configuration: of every node.
    ///   - patience: how long one step of a scenario may take: an election with all that comes before and after it.
    public init(
        addresses: [NodeID: String], spares: [NodeID: String] = [:],
        configuration: RaftConfiguration = RaftConfiguration(), patience: Duration = .seconds(20),
        storage: @escaping @Sendable (NodeID) -> StorageProvider,
        emptying: (@Sendable (NodeID) throws -> Void)? = nil,
        transport: @escaping @Sendable (NodeID, String) -> TransportProvider
    ) {
        known = KnownMembers(members: Array(addresses.keys), spares: Array(spares.keys))
        formation = addresses
        self.addresses = addresses.merging(spares) { member, _ in member }
        self.configuration = configuration
        time = RealTime(patience: patience)
        self.storage = storage
        self.emptying = emptying
        self.transport = transport
    }

    public var now: UInt64 { time.now }

    public var nodes: [NodeID] { known.members }

    public var spares: [NodeID] { known.spares }

    public func address(of node: NodeID) -> String { addresses[node] ?? "" }

    // MARK: Nodes

    public func start(_ node: NodeID) async throws {
        guard let address = addresses[node], running[node] == nil else {
            throw ScenarioFailure(.level, "node \(node) cannot be started: it runs, or there is none")
        }
        let faults = NodeFaults()
        let raft = try await Raft.start(
            ScenarioMachine(), as: node, cluster: "scenario", storage: storage(node).with(faults),
            transport: transport(node, address).with(links, node: faults), configuration: configuration,
            tracer: Tracer(sink: elections, level: .info))
        running[node] = InProcessNode(raft: raft, faults: faults)
        // All but one call wait, and a formed cluster is not formed again (rule M9).
        if formation[node] != nil {
            forming.append(Task { [formation] in _ = try? await raft.bootstrap(formation) })
        }
    }

    public func kill(_ node: NodeID) async throws {
        guard let life = running[node] else { return }
        running[node] = nil
        life.faults.end()
        await life.raft.shutdown()
        life.faults.release()
    }

    public func pause(_ node: NodeID) async throws { running[node]?.faults.pause() }

    public func resume(_ node: NodeID) async throws { running[node]?.faults.resume() }

    public func cut(from source: NodeID, to target: NodeID) async throws { links.cut(from: source, to: target) }

    public func heal() async throws { links.heal() }

    /// Ends every node and gives back what they hold. Call it once, whatever came of the scenario.
    public func shutdown() async {
        try? await stopLoad()
        for node in known.everybody { try? await kill(node) }
        for task in forming { await task.value }
        forming = []
    }

    public func empty(_ node: NodeID) async throws {
        guard let emptying, running[node] == nil else {
            throw ScenarioFailure(.level, "node \(node) cannot be emptied: it runs, or nobody said how")
        }
        try emptying(node)
    }

    // MARK: Administration

    public func change(_ changes: [MembershipChange]) async throws -> ScenarioOutcome {
        try await leading()?.change(changes, within: patience) ?? Self.nobodyLeads
    }

    public func transferLeadership(to target: NodeID?) async throws -> ScenarioOutcome {
        try await leading()?.transferLeadership(to: target, within: patience) ?? Self.nobodyLeads
    }

    public func compact(_ node: NodeID) async throws -> ScenarioOutcome {
        await running[node]?.compact(within: patience) ?? .rejected("node \(node) does not run")
    }

    private func leading() async throws -> InProcessNode? { try await currentLeader().flatMap { running[$0.id] } }

    private var patience: UInt64 { time.patience.wholeNanoseconds }

    private static let nobodyLeads = ScenarioOutcome.rejected("nobody leads")

    // MARK: What they say

    public func status(_ node: NodeID) async throws -> ScenarioStatus? {
        let status = await running[node]?.status(within: 100_000_000)
        if let status { known.heard(status) }
        return status
    }

    public func leadersByTerm() async throws -> [Term: Set<NodeID>] { elections.leaders }

    public func contents(of node: NodeID?) async throws -> [String: String] {
        let asked = if let node { node } else { try await leader() }
        guard let found = await running[asked]?.contents(isStale: node != nil, within: 2_000_000_000) else {
            throw ScenarioFailure(.level, "node \(asked) does not say what it holds")
        }
        return found
    }

    // MARK: Clients

    public func perform(
        _ operation: ScenarioOperation, at node: NodeID?, as process: Int
    ) async throws -> ScenarioOutcome {
        await client(process, at: node).perform(operation)
    }

    private func client(_ process: Int, at node: NodeID?) -> InProcessClient {
        InProcessClient(
            process: process, node: node, nodes: known.everybody, running: running, history: history, time: time)
    }

    public func startLoad(_ load: ScenarioLoad) async throws {
        guard self.load == nil else { throw ScenarioFailure(.level, "there is a load already") }
        self.load = RunningLoad(
            load,
            load.makeClients(of: nodes + spares).map { plan in
                let client = client(plan.process, at: plan.node)
                return (plan, { await client.perform($0) })
            })
    }

    public func stopLoad() async throws {
        let load = load
        self.load = nil
        await load?.stop()
    }

    public func advance(_ what: String, until condition: () async throws -> Bool) async throws {
        try await time.advance(what, until: condition)
    }

    /// Envelopes that were lost on cut links.
    public var lostEnvelopes: UInt64 { links.dropped }
}
