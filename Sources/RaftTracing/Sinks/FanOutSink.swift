/// Hands every event to several sinks, in order. With none it discards.
public struct FanOutSink: TraceSink {
    private let sinks: [any TraceSink]

    public init(_ sinks: [any TraceSink]) {
        self.sinks = sinks
    }

    public func record(_ event: TraceEvent) {
        for sink in sinks { sink.record(event) }
    }

    /// Of all that count.
    public var droppedRecords: Int? {
        let counts = sinks.compactMap(\.droppedRecords)
        return counts.isEmpty ? nil : counts.reduce(0, +)
    }

    public func flush() {
        for sink in sinks { sink.flush() }
    }
}
