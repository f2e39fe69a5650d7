import RaftCore
import RaftMembership
import RaftMemory
import RaftStorageLMDB
import RaftTransportUnix

/// A cluster whose nodes all live in this process.
struct InProcessCluster: Sendable {
    typealias Node = Raft<CountingMachine>

    let nodes: [Node]
    /// How often it is asked who leads.
    private let patience: Duration

    /// Starts and forms a cluster as `parameters` say; files lie in `directory`.
    static func start(
        _ parameters: BenchParameters, _ tracing: RowTracing, in directory: WorkDirectory
    ) async throws -> InProcessCluster {
        let network = MemoryNetwork()
        var addresses: [NodeID: String] = [:]
        for number in 1...parameters.nodes {
            addresses[NodeID(UInt64(number))] =
                switch parameters.transport {
                case .memory: "memory:\(number)"
                case .unix: "unix:\(directory.path)/\(number).sock"
                case .tcp: "tcp:127.0.0.1:\(try LoopbackPort.free())"
                }
        }
        var nodes: [Node] = []
        do {
            for number in 1...parameters.nodes {
                let id = NodeID(UInt64(number))
                let address = addresses[id] ?? ""
                nodes.append(
                    try await Raft.start(
                        CountingMachine(), as: id, cluster: "bench",
                        storage: parameters.storage == .memory ? .memory : .lmdb(at: "\(directory.path)/\(number)"),
                        transport: parameters.transport == .memory
                            ? .memory("\(number)", on: network) : .unix(listeningOn: address),
                        configuration: configuration(parameters), tracer: tracing.tracer(of: id.rawValue)))
            }
            try await nodes[0].bootstrap(addresses)
            let cluster = InProcessCluster(
                nodes: nodes, patience: .milliseconds(parameters.operations == nil ? 5 : 100))
            _ = try await cluster.leader()
            return cluster
        } catch {
            for node in nodes { await node.shutdown() }
            throw error
        }
    }

    /// Where operations are counted, what the clock brings about would spoil the count, the more so the slower the
    /// program runs under whoever counts: heartbeats are rare then, and there are no snapshots.
    private static func configuration(_ parameters: BenchParameters) -> RaftConfiguration {
        var configuration = RaftConfiguration()
        guard parameters.operations != nil else { return configuration }
        configuration.heartbeatInterval = 1_000_000_000
        configuration.electionTimeout = 2_000_000_000...3_000_000_000
        configuration.snapshotEntries = 0
        return configuration
    }

    /// The node that leads, once every member has its log.
    func leader() async throws -> Node {
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            for node in nodes {
                let metrics = await node.metricsNow()
                if metrics.role == .leader, metrics.commitIndex == metrics.lastIndex,
                    metrics.peers.allSatisfy({ $0.matchIndex == metrics.lastIndex })
                {
                    return node
                }
            }
            try await Task.sleep(for: patience)
        }
        throw BenchError("no leader was elected within 20 seconds")
    }

    func shutdown() async {
        for node in nodes { await node.shutdown() }
    }
}
