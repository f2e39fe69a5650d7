import Glibc
import RaftTracing
import RaftTracingSpans
import Synchronization

/// The trace that a command is part of.
enum CommandTrace {
    private static let made = Mutex<Tracer?>(nil)

    /// What the environment says has caused this command: the W3C's `traceparent` in `TRACEPARENT`.
    /// - Throws: `Failure` with the status for usage when it is none.
    static func parent() throws(Failure) -> TraceContext? {
        guard let text = getenv("TRACEPARENT").map({ String(cString: $0) }), !text.isEmpty else { return nil }
        guard let trace = TraceContext(traceparent: text) else {
            throw Failure(
                .usage, "TRACEPARENT is “\(text)”, and no trace context such as 00-(32 digits)-(16 digits)-01")
        }
        return trace
    }

    /// - Parameter path: where spans go; nil for nowhere.
    static func tracer(_ path: String?) throws(Failure) -> Tracer {
        guard let path else { return .silent }
        if let tracer = made.withLock({ $0 }) { return tracer }
        let exporter: OTLPFileExporter
        do throws(SpanFileError) {
            exporter = try OTLPFileExporter(path: path, resource: [TraceField("service.name", "raftctl")])
        } catch {
            throw Failure(.failed, error.message)
        }
        let tracer = Tracer(
            sink: FanOutSink([]), level: .critical,
            spans: SpanSource(SpanRecorder(exporter: Announcer(next: exporter), oneIn: 1)))
        made.withLock { $0 = tracer }
        return tracer
    }

    static func flush() { made.withLock { $0 }?.flush() }
}

/// Says which trace a command has begun, on standard error.
private struct Announcer: SpanExporter {
    let next: OTLPFileExporter

    func export(_ span: FinishedSpan) {
        if span.parent == nil { StandardOutput.writeError("trace \(span.context.traceID)\n") }
        next.export(span)
    }

    func flush() { next.flush() }
}
