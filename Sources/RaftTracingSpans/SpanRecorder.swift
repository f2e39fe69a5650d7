public import RaftTracing
import Synchronization
public import Tracing

/// A tracer of swift-distributed-tracing for those who have no other: it samples, and hands finished spans to an exporter.
///
/// Contexts are the W3C's, in the header `traceparent`. Whether a trace is recorded is decided where it begins, and told to
/// everybody whom it reaches; what others have decided is kept to.
///
/// Any thread.
public struct SpanRecorder: Tracing.Tracer {
    public typealias Span = RecordedSpan

    private let exporter: any SpanExporter
    private let oneIn: UInt64
    private let random: @Sendable () -> UInt64

    /// - Parameters:
    ///   - oneIn: Requests that come without a context are recorded once in so many; none when it is 0. What else begins a
    ///     trace, an election or a snapshot, is rare and always recorded.
    ///   - random: For ids and sampling; the system's by default. A test gives its own.
    public init(exporter: any SpanExporter, oneIn: Int, random: (@Sendable () -> UInt64)? = nil) {
        self.exporter = exporter
        self.oneIn = UInt64(max(0, oneIn))
        self.random = random ?? { UInt64.random(in: .min ... .max) }
    }

    public func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> RecordedSpan {
        var context = context()
        let parent = context.trace
        guard parent?.isSampled ?? samples(operationName), let own = child(of: parent) else {
            context.trace = parent ?? .unsampled
            return RecordedSpan(operationName, context)
        }
        context.trace = own
        return RecordedSpan(
            operationName, context, own, parent: parent?.span, kind, start: instant().nanosecondsSinceEpoch, exporter)
    }

    public func forceFlush() { exporter.flush() }

    public func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {
        guard let text = extractor.extract(key: "traceparent", from: carrier),
            let trace = TraceContext(traceparent: text)
        else { return }
        context.trace = trace
    }

    public func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let trace = context.trace else { return }
        injector.inject(trace.traceparent, forKey: "traceparent", into: &carrier)
    }

    /// Nil should all of an id's bits happen to be zero.
    private func child(of parent: TraceContext?) -> TraceContext? {
        TraceContext(
            traceHigh: parent?.traceHigh ?? random(), traceLow: parent?.traceLow ?? random(), span: random(),
            isSampled: true)
    }

    private func samples(_ name: String) -> Bool {
        guard Self.requests.contains(name) else { return true }
        return oneIn > 0 && (oneIn == 1 || random() % oneIn == 0)
    }

    private static let requests = Set(SpanName.all.filter(\.isRequest).map(\.name))
}

extension ServiceContext {
    private enum TraceKey: ServiceContextKey {
        typealias Value = TraceContext
        static var nameOverride: String? { "traceparent" }
    }

    /// Where in a trace the holder of this context stands, as ``SpanRecorder`` has it.
    public var trace: TraceContext? {
        get { self[TraceKey.self] }
        set { self[TraceKey.self] = newValue }
    }
}
