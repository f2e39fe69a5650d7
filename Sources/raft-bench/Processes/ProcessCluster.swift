import Foundation
import RaftClient
import RaftCore
import RaftMembership
import RaftTracing

/// A cluster of raftd processes on this machine.
struct ProcessCluster: Sendable {
    let nodes: [NodeProcess]
    /// Where flight recorders are mapped to files; nil where none is.
    private let recordings: WorkDirectory?

    /// Starts the processes; they form the cluster by themselves.
    static func start(
        _ parameters: BenchParameters, binaries: String?, in directory: WorkDirectory
    ) throws(BenchError) -> ProcessCluster {
        let program = "\(binaries ?? ownFolder)/raftd"
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw BenchError("\(program) is not there: build it, or say where it is with --binaries", isUsage: true)
        }
        var peers: [String] = []
        var clients: [String] = []
        for number in 1...parameters.nodes {
            switch parameters.transport {
            case .tcp: peers.append("tcp:127.0.0.1:\(try LoopbackPort.free())")
            case .unix, .memory: peers.append(unixAddress("\(directory.path)/\(number).sock"))
            }
            clients.append(unixAddress("\(directory.path)/\(number).client.sock"))
        }
        let members = peers.enumerated().map { "\"\($0.offset + 1)=\($0.element)\"" }.joined(separator: ", ")
        let recordings = parameters.tracing.sink == .recorderFile ? try RowTracing.recorderDirectory() : nil
        var nodes: [NodeProcess] = []
        do {
            for number in 1...parameters.nodes {
                let configuration = """
                    cluster: bench
                    node: { id: \(number), data: "\(directory.path)/\(number)" }
                    storage: { module: \(parameters.storage.rawValue) }
                    transport: { module: unix, listen: ["\(peers[number - 1])"] }
                    clients: { listen: ["\(clients[number - 1])"] }
                    machine: { module: keyvalue }
                    members: [\(members)]
                    bootstrap: true
                    tracing: { \(tracing(parameters.tracing, recordings, number)) }

                    """
                nodes.append(
                    try NodeProcess.start(
                        UInt64(number), program: program, configuration: configuration,
                        clientAddress: clients[number - 1], in: directory.path))
            }
        } catch {
            NodeProcess.stop(nodes)
            recordings?.remove()
            throw error
        }
        return ProcessCluster(nodes: nodes, recordings: recordings)
    }

    /// raftd has no level none: with critical and without a recorder nothing is recorded of what is measured.
    private static func tracing(_ parameters: TraceParameters, _ recordings: WorkDirectory?, _ node: Int) -> String {
        let sink = parameters.sink == .journald || parameters.sink == .json ? parameters.sink.rawValue : "stderr"
        let isAlone = parameters.sink == .none || parameters.sink == .recorder || parameters.sink == .recorderFile
        let level = isAlone ? nil : parameters.threshold.level
        return "sink: \(sink), level: \((level ?? .critical).name), recorderEvents: "
            + "\(parameters.sink.hasRecorder ? RowTracing.recorderEvents : 0)"
            + (recordings.map { ", recorderFile: \"\($0.path)/\(node).trace\"" } ?? "")
    }

    /// The node that leads, once every member has its log.
    func leader() async throws -> NodeProcess {
        var options = RaftClientOptions()
        options.timeout = .milliseconds(500)
        options.followsLeader = false
        options.retries = false
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            for node in nodes {
                if let words = node.lastWords { throw BenchError("node \(node.id) has ended: \(words)") }
                let client = RaftClient(endpoints: [try RaftAddress(node.clientAddress)], options: options)
                let status = try? await client.status()
                await client.close()
                guard let status, status.role == RaftRole.leader.rawValue, status.commitIndex == status.lastIndex,
                    status.peers.count == nodes.count - 1,
                    status.peers.allSatisfy({ $0.matchIndex == status.lastIndex })
                else { continue }
                return node
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw BenchError("no leader was elected within 20 seconds")
    }

    func stop() {
        NodeProcess.stop(nodes)
        recordings?.remove()
    }

    /// The kernel holds 107 bytes of a path; a longer one gives way to a name without a file.
    private static func unixAddress(_ path: String) -> String {
        guard path.utf8.count > RaftAddress.maximumPathBytes else { return "unix:\(path)" }
        return "unix:@raft-bench-\(getpid())-\(path.suffix(40))"
    }

    private static var ownFolder: String {
        let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "."
        return program.lastIndex(of: "/").map { String(program[..<$0]) } ?? "."
    }
}
