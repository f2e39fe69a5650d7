import Glibc
import RaftTracing
import RaftTracingSpans
import Synchronization

/// The trace that a command is part of.
enum CommandTrace {
    /// Of a command that is traced: it begins with its first client, and its calls are within its span.
    private static let begun = Mutex<(tracer: Tracer, command: OpenSpan)?>(nil)

    /// Where a client's spans begin, and what causes its calls.
    /// - Parameter path: where spans go; nil for nowhere.
    /// - Throws: `Failure`: of the status for usage when the environment names something else than a trace.
    static func begin(_ path: String?) throws(Failure) -> (tracer: Tracer, trace: TraceContext?) {
        let parent = try parent()
        guard let path else { return (.silent, parent) }
        if let begun = begun.withLock({ $0 }) { return (begun.tracer, begun.command.context) }
        let exporter: OTLPFileExporter
        do throws(SpanFileError) {
            exporter = try OTLPFileExporter(path: path, resource: [TraceField("service.name", "raftctl")])
        } catch {
            throw Failure(.failed, error.message)
        }
        let tracer = Tracer(
            sink: FanOutSink([]), level: .critical, spans: SpanSource(SpanRecorder(exporter: exporter, oneIn: 1)))
        // Nil where whoever began the trace decided that it is not recorded.
        guard let command = tracer.startSpan(.command, in: parent) else { return (.silent, parent) }
        StandardOutput.writeError("trace \(command.context.traceID)\n")
        begun.withLock { $0 = (tracer, command) }
        return (tracer, command.context)
    }

    /// The command ends.
    /// - Parameter failure: why it came to nothing; nil when it did not.
    static func end(_ failure: String? = nil) {
        guard let (tracer, command) = begun.withLock({ $0 }) else { return }
        if let failure {
            tracer.fail(command, failure, [.outcome("failed")])
        } else {
            tracer.end(command, [.outcome("done")])
        }
        tracer.flush()
    }

    /// What the environment says has caused this command: the W3C's `traceparent` in `TRACEPARENT`.
    private static func parent() throws(Failure) -> TraceContext? {
        guard let text = getenv("TRACEPARENT").map({ String(cString: $0) }), !text.isEmpty else { return nil }
        guard let trace = TraceContext(traceparent: text) else {
            throw Failure(
                .usage, "TRACEPARENT is “\(text)”, and no trace context such as 00-(32 digits)-(16 digits)-01")
        }
        return trace
    }
}
