public import RaftTracing

/// Hands each span to a trace sink as one record: to journald, where `journalctl TRACE_ID=…` finds all of a trace.
///
/// What the sink does against a journal that stands still it does for spans too.
public struct SinkSpanExporter: SpanExporter {
    private let sink: any TraceSink

    public init(_ sink: any TraceSink) { self.sink = sink }

    public func export(_ span: FinishedSpan) {
        let microseconds = (span.end - span.start) / 1000
        var fields: [TraceField] = [
            TraceField("trace.id", .string(span.context.traceID)), TraceField("span.id", .string(span.context.spanID)),
            TraceField("raft.span", .string(span.name)), TraceField("raft.nanoseconds", .uint(span.end - span.start)),
        ]
        if let parent = span.parent, let context = span.context.with(span: parent) {
            fields.append(TraceField("raft.parent", .string(context.spanID)))
        }
        if let failure = span.failure { fields.append(.reason(failure)) }
        fields += span.fields.filter { field in !fields.contains { $0.key == field.key } }
        let end = span.failure.map { ", and failed: \($0)" } ?? ""
        sink.record(
            TraceEvent(
                level: EventKind.spanEnded.level, kind: .spanEnded,
                message: "\(span.name) took \(microseconds) µs\(end)", fields: fields, time: span.end))
    }

    /// Nothing: whoever holds the sink flushes it.
    public func flush() {}
}
