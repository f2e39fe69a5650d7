public import Tracing

/// Where spans begin: a tracer of swift-distributed-tracing, of whatever backend.
///
/// What is not sampled costs whoever asks the answer *nil*, and nothing after that: neither spans nor contexts exist then.
/// Contexts cross processes as ``TraceContext``, which the tracer must inject and extract as the W3C's `traceparent`.
///
/// Any thread.
public struct SpanSource: Sendable {
    private let tracer: any Tracing.Tracer

    public init(_ tracer: any Tracing.Tracer) { self.tracer = tracer }

    /// Begins a span.
    ///
    /// - Parameters:
    ///   - parent: What causes it; nil where a trace begins.
    ///   - links: Other traces that it is part of too, as a batch is of each of its entries'.
    ///   - time: Nanoseconds since 1970.
    /// - Returns: Nil when the trace is not sampled.
    public func start(
        _ name: SpanName, in parent: TraceContext?, links: some Collection<TraceContext> = EmptyCollection(),
        at time: UInt64, _ fields: [TraceField] = []
    ) -> OpenSpan? {
        if let parent, !parent.isSampled { return nil }
        let span = tracer.startAnySpan(
            name.name, at: SpanInstant(time), context: parent.map(context) ?? .topLevel, ofKind: name.role.kind)
        guard span.isRecording, let own = traceContext(of: span.context), own.isSampled else {
            span.end(at: SpanInstant(time))
            return nil
        }
        for link in links { span.addLink(SpanLink(context: context(link), attributes: [:])) }
        let open = OpenSpan(span, own)
        open.set(fields)
        return open
    }

    /// Has the backend write out what it holds back, as far as it does that. Called at shutdown.
    public func flush() { tracer.forceFlush() }

    /// Where the task that asks stands in a trace. Nil when it does not.
    public var current: TraceContext? { ServiceContext.current.flatMap(traceContext) }

    private func context(_ trace: TraceContext) -> ServiceContext {
        var context = ServiceContext.topLevel
        tracer.extract([Traceparent.key: trace.traceparent], into: &context, using: Traceparent())
        return context
    }

    private func traceContext(of context: ServiceContext) -> TraceContext? {
        var carrier: [String: String] = [:]
        tracer.inject(context, into: &carrier, using: Traceparent())
        return carrier[Traceparent.key].flatMap { TraceContext(traceparent: $0) }
    }
}

/// Carries the one header of a trace.
private struct Traceparent: Injector, Extractor {
    static let key = "traceparent"
    func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) {
        carrier[key.lowercased()] = value
    }
    func extract(key: String, from carrier: [String: String]) -> String? { carrier[key.lowercased()] }
}

extension SpanName.Role {
    fileprivate var kind: Tracing.SpanKind {
        switch self {
        case .client: .client
        case .server: .server
        case .internal: .internal
        }
    }
}
