import Glibc
import Logging
import RaftTracing

/// The tracers of a row's nodes in this process, and the files that they write to.
final class RowTracing: Sendable {
    /// As many as raftd keeps unless told otherwise.
    static let recorderEvents = 8192

    private let parameters: TraceParameters
    /// Where lines of text go; -1 when there are none.
    private let descriptor: Int32
    /// What standard error was, while swift-log's handler writes elsewhere; -1 otherwise.
    private let standardError: Int32
    private let directory: WorkDirectory?

    init(_ parameters: TraceParameters) throws(BenchError) {
        self.parameters = parameters
        if parameters.isSilent || !parameters.sink.writesText {
            descriptor = -1
        } else {
            let path = parameters.output ?? "/dev/null"
            descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else {
                throw BenchError("\(path) cannot be written: \(String(cString: strerror(errno)))", isUsage: true)
            }
        }
        if descriptor >= 0, parameters.sink == .swiftLog {
            // Its handler knows standard error and standard output only.
            standardError = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)
            dup2(descriptor, STDERR_FILENO)
        } else {
            standardError = -1
        }
        directory = parameters.sink == .recorderFile ? try Self.recorderDirectory() : nil
    }

    /// A recording belongs on a file system in memory, as /run is.
    static func recorderDirectory() throws(BenchError) -> WorkDirectory {
        let memory = "/dev/shm"
        guard access(memory, W_OK) == 0 else { return try WorkDirectory.make(within: nil, isUsed: false) }
        return try WorkDirectory.make(within: memory, isUsed: false, isTemporary: true)
    }

    func tracer(of node: UInt64) throws -> Tracer {
        if parameters.isSilent { return .silent }
        let recorder =
            parameters.sink.hasRecorder
            ? try FlightRecorder(
                events: Self.recorderEvents, cluster: "bench", node: node, path: directory.map { "\($0.path)/\(node)" })
            : nil
        // Nothing that a measured node does is critical.
        return Tracer(
            sink: parameters.threshold == .none ? FanOutSink([]) : sink(),
            level: parameters.threshold.level ?? .critical,
            fields: [.cluster("bench"), .node(node)], recorder: recorder)
    }

    private func sink() -> any TraceSink {
        switch parameters.sink {
        case .memory: MemorySink()
        case .stderr, .raftd: StandardErrorSink(descriptor: descriptor)
        case .json: StandardErrorSink(format: .json, descriptor: descriptor)
        case .swiftLog: SwiftLogSink(logger())
        case .none, .journald, .recorder, .recorderFile: FanOutSink([])
        }
    }

    private func logger() -> Logger {
        var logger = Logger(label: "raft-bench") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .trace
        return logger
    }

    /// To be called once, when the nodes have ended.
    func close() {
        if standardError >= 0 {
            dup2(standardError, STDERR_FILENO)
            Glibc.close(standardError)
        }
        if descriptor >= 0 { Glibc.close(descriptor) }
        directory?.remove()
    }
}
