internal import Synchronization

/// Keeps the latest events in memory: for tests, and to look back after something went wrong.
///
/// Bounded: when full, the oldest event makes room. Any thread.
public final class MemorySink: TraceSink {
    private struct Ring {
        var events: [TraceEvent] = []
        /// The place of the oldest event, once the ring is full.
        var oldest = 0
        var dropped = 0
    }

    private let capacity: Int
    private let ring = Mutex(Ring())

    /// - Parameter capacity: How many events are kept, at least one.
    public init(capacity: Int = 1024) {
        self.capacity = max(capacity, 1)
    }

    /// The events kept, oldest first: a copy of this moment.
    public var events: [TraceEvent] {
        ring.withLock { Array($0.events[$0.oldest...] + $0.events[..<$0.oldest]) }
    }

    /// How many events made room for later ones.
    public var dropped: Int {
        ring.withLock { $0.dropped }
    }

    public var droppedRecords: Int? { dropped }

    /// The events kept of one kind, oldest first.
    public func events(of kind: EventKind) -> [TraceEvent] {
        events.filter { $0.kind == kind }
    }

    /// Forgets everything kept.
    public func clear() {
        ring.withLock { $0 = Ring() }
    }

    public func record(_ event: TraceEvent) {
        ring.withLock { ring in
            guard ring.events.count == capacity else {
                ring.events.append(event)
                return
            }
            ring.events[ring.oldest] = event
            ring.oldest = (ring.oldest + 1) % capacity
            ring.dropped += 1
        }
    }

    public func flush() {}
}
