public import RaftCore
public import RaftMembership
import RaftTracing
import Synchronization

/// The level of real modules in one process: any storage and any transport, with nodes that can be killed and paused and
/// links that can be cut. Somebody who wrote a module of their own runs every scenario on it:
///
/// ```swift
/// let cluster = InProcessCluster(
///     addresses: [1: "mine:a", 2: "mine:b", 3: "mine:c"],
///     storage: { id in .mine(at: "data/\(id)") },
///     transport: { _, address in .mine(listeningOn: address) })
/// for scenario in Scenario.all { try await scenario.run(on: cluster, seed: 7) }
/// ```
///
/// A kill is as hard as it can be within a process; `NodeFaults` says what that means.
public final class InProcessCluster: ScenarioCluster {
    public let nodes: [NodeID]
    public let history = ScenarioHistory()
    private let addresses: [NodeID: String]
    private let storage: @Sendable (NodeID) -> StorageProvider
    private let transport: @Sendable (NodeID, String) -> TransportProvider
    private let configuration: RaftConfiguration
    private let patience: Duration
    private let links = LinkFaults()
    private let elections = ElectionLog()
    private let running = RunningNodes()
    private let origin = ContinuousClock.now
    private var forming: [Task<Void, Never>] = []
    private var load: RunningLoad?

    /// - Parameters:
    ///   - addresses: of the members, at least three.
    ///   - storage: makes what a node keeps its log in: asked at every start, and must then find what was there.
    ///   - transport: makes what a node listens with at its address; with an environment of its own each time.
    ///   - configuration: of every node.
    ///   - patience: how long one step of a scenario may take: an election with all that comes before and after it.
    public init(
        addresses: [NodeID: String], configuration: RaftConfiguration = RaftConfiguration(),
        patience: Duration = .seconds(20), storage: @escaping @Sendable (NodeID) -> StorageProvider,
        transport: @escaping @Sendable (NodeID, String) -> TransportProvider
    ) {
        nodes = addresses.keys.sorted()
        self.addresses = addresses
        self.configuration = configuration
        self.patience = patience
        self.storage = storage
        self.transport = transport
    }

    public var now: UInt64 { Self.nanoseconds(since: origin) }

    private static func nanoseconds(since origin: ContinuousClock.Instant) -> UInt64 {
        let (seconds, attoseconds) = (ContinuousClock.now - origin).components
        return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }

    // MARK: Nodes

    public func start(_ node: NodeID) async throws {
        guard let address = addresses[node], running[node] == nil else {
            throw ScenarioFailure(.level, "node \(node) cannot be started: it runs, or is no member")
        }
        let faults = NodeFaults()
        let raft = try await Raft.start(
            ScenarioMachine(), as: node, cluster: "scenario", storage: storage(node).with(faults),
            transport: transport(node, address).with(links, node: faults), configuration: configuration,
            tracer: Tracer(sink: elections, level: .info))
        running[node] = InProcessNode(raft: raft, faults: faults)
        // All but one call wait, and a formed cluster is not formed again (rule M9).
        forming.append(Task { [addresses] in _ = try? await raft.bootstrap(addresses) })
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
        for node in nodes { try? await kill(node) }
        for task in forming { await task.value }
        forming = []
    }

    // MARK: What they say

    public func status(_ node: NodeID) async throws -> ScenarioStatus? {
        await running[node]?.status(within: 100_000_000)
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
            process: process, node: node, nodes: nodes, running: running, history: history,
            now: { [origin] in Self.nanoseconds(since: origin) })
    }

    public func startLoad(_ load: ScenarioLoad) async throws {
        guard self.load == nil else { throw ScenarioFailure(.level, "there is a load already") }
        let clients = load.makeClients(of: nodes).map { (plan: $0, client: client($0.process, at: $0.node)) }
        self.load = RunningLoad(
            clients.map { made in { await made.client.work(made.plan, pause: load.pause, until: $0) } })
    }

    public func stopLoad() async throws {
        let load = load
        self.load = nil
        await load?.stop()
    }

    public func advance(_ what: String, until condition: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + patience
        while try await !condition() {
            guard ContinuousClock.now < deadline else {
                throw ScenarioFailure(.overdue, "waited \(patience) for this: \(what)")
            }
            try await Task.sleep(nanoseconds: 5_000_000)
        }
    }
}
