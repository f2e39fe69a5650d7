import Synchronization

// Levels, changed while the node runs, and what else is asked of a tracer as a whole.
extension Tracer {
    /// The lowest level that the sink gets now; `nil` for ``silent``.
    public var level: TraceLevel? {
        TraceLevel(rawValue: scope.level.load(ordering: .relaxed))
    }

    /// Every module that has a tracer, by name, with the lowest level that the sink gets of it. What belongs to no module
    /// is under the empty name.
    public var levels: [(module: String, level: TraceLevel)] {
        core.all.compactMap { scope in
            TraceLevel(rawValue: scope.level.load(ordering: .relaxed)).map { (scope.module, $0) }
        }
        .sorted { $0.module < $1.module }
    }

    /// Changes the lowest level that the sink gets, of all modules.
    public func setLevel(_ level: TraceLevel) {
        guard core !== Tracer.silent.core else { return }
        for scope in core.all { scope.setLevel(level) }
    }

    /// Changes the lowest level that the sink gets, of one module.
    /// - Returns: Whether there is a tracer for a module of that name.
    @discardableResult
    public func setLevel(_ level: TraceLevel, of module: String) -> Bool {
        guard core !== Tracer.silent.core, let scope = core.all.first(where: { $0.module == module }) else {
            return false
        }
        scope.setLevel(level)
        return true
    }

    /// Gets every event that was compiled in, where there is one.
    public var recorder: FlightRecorder? { core.recorder }

    /// How many records the sink has dropped; nil when it does not count.
    public var droppedRecords: Int? { core.sink.droppedRecords }

    /// Asks the sink to write out what it holds back. May take as long as the sink's bound, seconds at most.
    public func flush() {
        core.sink.flush()
        core.spans?.flush()
    }
}
