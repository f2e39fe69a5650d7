import Synchronization

/// Where finished spans go.
///
/// Both methods may be called from any thread, several at once.
public protocol SpanExporter: Sendable {
    /// Takes a span. It is called on threads that carry the protocol, so that it never blocks: an exporter that cannot keep
    /// up drops spans and counts them.
    func export(_ span: FinishedSpan)

    /// Writes out what is held back, as far as a bounded time allows.
    func flush()
}

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
