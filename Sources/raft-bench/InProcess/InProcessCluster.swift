import RaftCore
import RaftMembership
import RaftMemory
import RaftStorageLMDB
import RaftTransportUnix

/// A cluster whose nodes all live in this process.
struct InProcessCluster: Sendable {
    typealias Node = Raft<CountingMachine>

    let nodes: [Node]

    /// Starts and forms a cluster as `parameters` say; files lie in `directory`.
    static func start(_ parameters: BenchParameters, in directory: WorkDirectory) async throws -> InProcessCluster {
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
                            ? .memory("\(number)", on: network) : .unix(listeningOn: address)))
            }
            try await nodes[0].bootstrap(addresses)
            let cluster = InProcessCluster(nodes: nodes)
            _ = try await cluster.leader()
            return cluster
        } catch {
            for node in nodes { await node.shutdown() }
            throw error
        }
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
            try await Task.sleep(for: .milliseconds(5))
        }
        throw BenchError("no leader was elected within 20 seconds")
    }

    func shutdown() async {
        for node in nodes { await node.shutdown() }
    }
}
