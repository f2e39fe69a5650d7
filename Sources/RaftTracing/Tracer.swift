public import Synchronization

/// Records events, with a level that can be changed while it runs and with context that every event carries.
///
/// ```swift
/// let tracer = Tracer(sink: StandardErrorSink(), level: .info, fields: [.cluster("demo"), .node(1)])
/// tracer.with(.group(0)).notice(.leaderElected, "node 1 leads term 3", [.term(3)])
/// ```
///
/// A call below the level costs one relaxed load: neither message nor fields are made. Calls below the level that was
/// fixed at compile time are not there at all (see `Tracer+Events.swift`).
///
/// A small value, cheap to copy. Any thread.
public struct Tracer: Sendable {
    @usableFromInline let core: TracerCore
    let context: [TraceField]

    private init(core: TracerCore, context: [TraceField]) {
        self.core = core
        self.context = context
    }

    /// - Parameters:
    ///   - sink: Where events go.
    ///   - level: The lowest level that is recorded.
    ///   - fields: Context: fields of every event.
    ///   - clock: Nanoseconds since 1970 for the events' time; the time of day by default. A simulation gives its own.
    public init(
        sink: any TraceSink,
        level: TraceLevel,
        fields: [TraceField] = [],
        clock: (@Sendable () -> UInt64)? = nil
    ) {
        core = TracerCore(sink: sink, threshold: level.rawValue, now: clock ?? TracerCore.wallClock)
        context = Tracer.merge(fields, over: [])
    }

    /// Records nothing, whatever ``setLevel(_:)`` is told.
    public static let silent = Tracer(
        core: TracerCore(sink: FanOutSink([]), threshold: TracerCore.off, now: TracerCore.wallClock), context: [])

    /// A tracer with more context. It shares sink and level with this one; a field replaces an earlier one of its key.
    public func with(_ fields: TraceField...) -> Tracer {
        with(fields)
    }

    /// A tracer with more context. It shares sink and level with this one; a field replaces an earlier one of its key.
    public func with(_ fields: [TraceField]) -> Tracer {
        Tracer(core: core, context: Tracer.merge(fields, over: context))
    }

    /// Whether an event of this level would be recorded.
    @inlinable
    public func isEnabled(_ level: TraceLevel) -> Bool {
        level.rawValue >= core.threshold.load(ordering: .relaxed)
    }

    /// The lowest level that is recorded now; `nil` for ``silent``.
    public var level: TraceLevel? {
        TraceLevel(rawValue: core.threshold.load(ordering: .relaxed))
    }

    /// Changes the lowest level that is recorded, of this tracer and of all that share its sink through ``with(_:)``.
    public func setLevel(_ level: TraceLevel) {
        guard core !== Tracer.silent.core else { return }
        core.threshold.store(level.rawValue, ordering: .relaxed)
    }

    /// Asks the sink to write out what it holds back. May take as long as the sink's bound, seconds at most.
    public func flush() {
        core.sink.flush()
    }

    /// Records an event whatever the level.
    @usableFromInline
    func record(
        _ level: TraceLevel, _ kind: EventKind, _ message: String, _ fields: [TraceField],
        _ file: String, _ line: UInt, _ function: String
    ) {
        core.sink.record(
            TraceEvent(
                level: level, kind: kind, message: message, fields: Tracer.merge(fields, over: context),
                time: core.now(), file: file, line: line, function: function))
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
