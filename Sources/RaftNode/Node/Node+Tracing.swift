import RaftTracing

extension Node {
    /// Goes from the configured trace level to debug, to trace, and back, of all modules.
    public func cycleTraceLevel() {
        var levels = [configuration.traceLevel]
        for level in [TraceLevel.debug, .trace] where !levels.contains(level) { levels.append(level) }
        let place = tracer.level.flatMap { levels.firstIndex(of: $0) } ?? -1
        let next = levels[(place + 1) % levels.count]
        tracer.setLevel(next)
        tracer.notice(.levelChanged, "all modules record \(next) and above now", [.level(next), .module("")])
    }
}
