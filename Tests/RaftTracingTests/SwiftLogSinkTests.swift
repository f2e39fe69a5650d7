import Logging
import RaftTracing
import Synchronization
import Testing

@Suite("The swift-log sink hands events on")
struct SwiftLogSinkTests {
    @Test("Level, message, fields and place arrive")
    func handsOn() {
        let log = CapturedLog()
        var logger = Logger(label: "test") { _ in CapturingHandler(log: log) }
        logger.logLevel = .trace
        let tracer = Tracer(sink: SwiftLogSink(logger), level: .trace, fields: [.node(1)])
        for level in TraceLevel.allCases { tracer.event(.sample(level), "node 1 leads", [.term(3)]) }
        let lines = log.lines.withLock { $0 }
        #expect(
            lines
                == TraceLevel.allCases.map {
                    "\($0) node 1 leads raft.event=sample.level.\($0) raft.node=1 raft.term=3 RaftTracingTests handsOn()"
                })
    }
}

private final class CapturedLog: Sendable {
    let lines = Mutex<[String]>([])
}

private struct CapturingHandler: LogHandler {
    let log: CapturedLog
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]

    init(log: CapturedLog) {
        self.log = log
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = (event.metadata ?? [:]).map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
        log.lines.withLock { $0.append("\(event.level) \(event.message) \(fields) \(event.source) \(event.function)") }
    }
}
