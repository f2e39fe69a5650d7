import RaftTracing

extension EventKind {
    /// A kind of each level, as a plugin might have it.
    static func sample(_ level: TraceLevel) -> EventKind {
        EventKind(
            "sample.level.\(level)", "0123456789abcdef0123456789abcdef", level, "term index group",
            "Something happened.")
    }
}
