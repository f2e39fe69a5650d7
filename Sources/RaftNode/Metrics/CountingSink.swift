public import RaftTracing
public import RaftTracingJournald

/// A sink that says how many records it has dropped, which the node's metrics then show.
public protocol CountingSink: TraceSink {
    /// Since it was made. Any thread.
    var droppedRecords: Int { get }
}

extension JournaldSink: CountingSink {}

extension MemorySink: CountingSink {
    public var droppedRecords: Int { dropped }
}
