public import Synchronization

/// Records events, with a level that can be changed while it runs and with context that every event carries.
///
/// ```swift
/// let tracer = Tracer(sink: StandardErrorSink(), level: .info, fields: [.cluster("demo"), .node(1)])
/// tracer.with(.group(0)).notice(.nodeStarted, "node 1 of cluster demo runs")
/// ```
///
/// A call below the level costs one relaxed load: neither message nor fields are made. Calls below the level that was
/// fixed at compile time are not there at all (see `Tracer+Events.swift`). With a ``FlightRecorder`` every call that was
/// compiled in goes there, whatever the level; its message is made only when the sink gets it too.
///
/// A small value, cheap to copy. Any thread.
public struct Tracer: Sendable {
    @usableFromInline let scope: TracerScope
    let core: TracerCore
    let context: [TraceField]
    /// The context without what the flight recorder knows of its node.
    private let recorded: [TraceField]

    private init(_ core: TracerCore, _ scope: TracerScope, _ context: [TraceField]) {
        self.core = core
        self.scope = scope
        self.context = context
        recorded = context.filter { $0.key != "raft.cluster" && $0.key != "raft.node" }
    }

    /// - Parameters:
    ///   - sink: Where events go.
    ///   - level: The lowest level that the sink gets.
    ///   - fields: Context: fields of every event.
    ///   - recorder: Gets every event, whatever the level.
    ///   - spans: Where spans begin; none without it.
    ///   - clock: Nanoseconds since 1970 for the events' time; the time of day by default. A simulation gives its own.
    public init(
        sink: any TraceSink, level: TraceLevel, fields: [TraceField] = [], recorder: FlightRecorder? = nil,
        spans: SpanSource? = nil, clock: (@Sendable () -> UInt64)? = nil
    ) {
        let core = TracerCore(sink: sink, recorder: recorder, spans: spans, clock: clock)
        self.init(core, core.scope("", level: level.rawValue), Tracer.merge(fields, over: []))
    }

    /// Records nothing, whatever ``setLevel(_:)`` is told.
    public static let silent: Tracer = {
        let core = TracerCore(sink: FanOutSink([]), recorder: nil, spans: nil, clock: nil)
        return Tracer(core, core.scope("", level: TracerScope.off), [])
    }()

    /// A tracer with more context. It shares sink and level with this one; a field replaces an earlier one of its key.
    public func with(_ fields: TraceField...) -> Tracer {
        with(fields)
    }

    /// A tracer with more context. It shares sink and level with this one; a field replaces an earlier one of its key.
    public func with(_ fields: [TraceField]) -> Tracer {
        Tracer(core, scope, Tracer.merge(fields, over: context))
    }

    /// A tracer for a module, which has a level of its own from now on (``setLevel(_:of:)``).
    ///
    /// - Parameter module: A short name, such as `transport`. The same name gives the same level.
    public func scoped(to module: String) -> Tracer {
        guard core !== Tracer.silent.core else { return self }
        return Tracer(core, core.scope(module, level: scope.level.load(ordering: .relaxed)), context)
    }

    /// Whether a call of this level does anything: the sink gets it, or the flight recorder.
    @inlinable
    public func isEnabled(_ level: TraceLevel) -> Bool {
        level.rawValue >= scope.gate.load(ordering: .relaxed)
    }

    /// Whether the sink gets events of this level, and their messages are made.
    @usableFromInline
    func shows(_ level: TraceLevel) -> Bool {
        level.rawValue >= scope.level.load(ordering: .relaxed)
    }

    /// Records an event that got through the gate.
    /// - Parameter message: Nil when the sink does not get it.
    @usableFromInline
    func record(
        _ level: TraceLevel, _ kind: EventKind, _ message: String?, _ fields: Span<TraceField>,
        _ file: String, _ line: UInt, _ function: String
    ) {
        assert(kind.level == level, "\(kind.name) is of level \(kind.level), and recorded as \(level)")
        assert(
            fields.indices.allSatisfy { kind.allows(fields[$0].key) },
            "\(kind.name) has other fields than it declares: \(fields.indices.map { fields[$0] })")
        let now = core.now()
        core.recorder?.record(kind, level, module: scope.module, message, recorded, fields, at: now)
        guard let message else { return }
        core.sink.record(
            TraceEvent(
                level: level, kind: kind, message: message,
                fields: Tracer.merge(fields.indices.map { fields[$0] }, over: context), time: now, file: file,
                line: line, function: function))
    }

    /// `earlier` followed by `later`, each key once; the last value of a key is the one that counts.
    private static func merge(_ later: [TraceField], over earlier: [TraceField]) -> [TraceField] {
        if later.isEmpty { return earlier }
        var merged: [TraceField] = []
        merged.reserveCapacity(earlier.count + later.count)
        for field in earlier where !later.contains(where: { $0.key == field.key }) { merged.append(field) }
        for (position, field) in later.enumerated()
        where !later[(position + 1)...].contains(where: { $0.key == field.key }) {
            merged.append(field)
        }
        return merged
    }
}
