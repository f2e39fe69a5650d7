import RaftTracing
import Synchronization
public import Tracing

/// A span of a ``SpanRecorder``. One that is not sampled passes its context on and records nothing.
public final class RecordedSpan: Tracing.Span {
    /// A span keeps so many fields and so many links at most.
    static let mostFields = 64

    private struct State {
        var name: String
        var attributes: SpanAttributes = [:]
        var links: [TraceContext] = []
        var failure: String?
        var hasEnded = false
    }

    public let context: ServiceContext
    private let own: TraceContext?
    private let parent: UInt64?
    private let kind: SpanKind
    private let start: UInt64
    private let exporter: (any SpanExporter)?
    private let state: Mutex<State>

    init(
        _ name: String, _ context: ServiceContext, _ own: TraceContext? = nil, parent: UInt64? = nil,
        _ kind: SpanKind = .internal, start: UInt64 = 0, _ exporter: (any SpanExporter)? = nil
    ) {
        self.context = context
        self.own = own
        self.parent = parent
        self.kind = kind
        self.start = start
        self.exporter = exporter
        state = Mutex(State(name: name))
    }

    public var operationName: String {
        get { state.withLock { $0.name } }
        set { state.withLock { $0.name = newValue } }
    }

    public var attributes: SpanAttributes {
        get { state.withLock { $0.attributes } }
        set { if isRecording { state.withLock { $0.attributes = newValue } } }
    }

    public var isRecording: Bool { exporter != nil && state.withLock { !$0.hasEnded } }

    public func setStatus(_ status: SpanStatus) {
        state.withLock { state in
            switch status.code {
            case .ok: state.failure = nil
            case .error: state.failure = status.message ?? "failed"
            }
        }
    }

    /// Events within a span are not kept: a node's events go to its trace sink.
    public func addEvent(_ event: SpanEvent) {}

    public func recordError<Instant: TracerInstant>(
        _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
    ) {
        state.withLock { $0.failure = "\(error)" }
    }

    public func addLink(_ link: SpanLink) {
        guard isRecording, let trace = link.context.trace else { return }
        state.withLock { if $0.links.count < Self.mostFields { $0.links.append(trace) } }
    }

    public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        guard let exporter, let own else { return }
        let last = state.withLock { state -> State? in
            guard !state.hasEnded else { return nil }
            state.hasEnded = true
            return state
        }
        guard let last else { return }
        exporter.export(
            FinishedSpan(
                name: last.name, role: kind.role, context: own, parent: parent, start: start,
                end: instant().nanosecondsSinceEpoch, fields: last.attributes.fields, links: last.links,
                failure: last.failure))
    }
}

extension SpanKind {
    fileprivate var role: SpanName.Role {
        switch self {
        case .client, .producer: .client
        case .server, .consumer: .server
        default: .internal
        }
    }
}

extension SpanAttributes {
    /// In the order of their keys, so that the same span is written in the same way.
    fileprivate var fields: [TraceField] {
        var fields: [TraceField] = []
        forEach { key, value in
            guard fields.count < RecordedSpan.mostFields else { return }
            let text: TraceValue
            switch value.toSpanAttribute() {
            case .int32(let number): text = .int(Int64(number))
            case .int64(let number): text = .int(number)
            case .bool(let flag): text = .bool(flag)
            case .string(let string): text = .string(string)
            case .double(let number): text = .string("\(number)")
            case .stringConvertible(let value): text = .string("\(value)")
            case let other: text = .string("\(other)")
            }
            fields.append(TraceField(key, text))
        }
        return fields.sorted { $0.key < $1.key }
    }
}
