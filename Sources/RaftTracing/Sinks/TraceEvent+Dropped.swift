extension TraceEvent {
    /// The record by which a sink says that it dropped `count` records.
    ///
    /// - Parameters:
    ///   - sink: What dropped them, for people.
    ///   - time: Nanoseconds since 1970.
    public static func recordsDropped(_ count: Int, by sink: String, at time: UInt64) -> TraceEvent {
        TraceEvent(
            level: .warning, kind: .recordsDropped,
            message: "\(count) trace records were dropped because \(sink) did not take them in time",
            fields: [.count(count)], time: time)
    }
}
