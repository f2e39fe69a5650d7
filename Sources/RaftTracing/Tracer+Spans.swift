// Spans (see SpanSource). Where no level is compiled in there are none either.
extension Tracer {
    /// Whether spans may begin here.
    public var hasSpans: Bool { Tracer.isCompiledIn(.critical) && core.spans != nil }

    /// Begins a span with this tracer's cluster and node.
    /// - Parameters:
    ///   - parent: What causes it; nil where a trace begins.
    ///   - links: Other traces that it belongs to.
    /// - Returns: Nil when the trace is not sampled, or where spans go nowhere.
    public func startSpan(
        _ name: SpanName, in parent: TraceContext?, links: some Collection<TraceContext> = EmptyCollection(),
        _ fields: @autoclosure () -> [TraceField] = []
    ) -> OpenSpan? {
        guard Tracer.isCompiledIn(.critical), let spans = core.spans else { return nil }
        guard let span = spans.start(name, in: parent, links: links, at: core.now()) else { return nil }
        span.set(context + fields())
        return span
    }

    public func end(_ span: OpenSpan, _ fields: [TraceField] = []) { span.end(at: core.now(), fields) }

    public func fail(_ span: OpenSpan, _ reason: String, _ fields: [TraceField] = []) {
        span.fail(reason, at: core.now(), fields)
    }

    /// Where the task that asks stands in a trace. Nil when it does not, or where spans go nowhere.
    public var currentTrace: TraceContext? {
        guard Tracer.isCompiledIn(.critical), let spans = core.spans else { return nil }
        return spans.current
    }
}
