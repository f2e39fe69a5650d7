import Synchronization

/// Keeps spans in memory, for tests. Drops what comes when it is full.
public final class MemorySpanExporter: SpanExporter {
    private let capacity: Int
    private let held = Mutex<[FinishedSpan]>([])

    public init(capacity: Int = 65_536) { self.capacity = capacity }

    /// What was exported so far, in the order in which it ended.
    public var spans: [FinishedSpan] { held.withLock { $0 } }

    public func export(_ span: FinishedSpan) {
        held.withLock { if $0.count < capacity { $0.append(span) } }
    }

    public func flush() {}
}
