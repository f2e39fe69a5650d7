import RaftCore

/// What is yet to happen, by time, and at one time in the order in which it was put in.
///
/// A heap with four children a node, of keys that are plain numbers; the events themselves stay where they were put
/// until they are taken out. What is to happen at the time of the last event taken out needs no heap: it happens after
/// all that was to happen at that time before, in the order of its coming.
struct EventQueue<Event> {
    private struct Key {
        var at: UInt64
        var order: UInt64
        /// Where the event waits.
        var place: Int

        func isBefore(_ other: Key) -> Bool { at != other.at ? at < other.at : order < other.order }
    }

    private var heap: [Key] = []
    private var events: [Event?] = []
    private var freePlaces: [Int] = []
    private var inserted: UInt64 = 0
    /// The time of the last event taken out.
    private var now: UInt64 = 0
    /// What is to happen at `now`, from `head` on.
    private var immediate: [Event?] = []
    private var head = 0

    init() {}

    var isEmpty: Bool { head == immediate.count && heap.isEmpty }

    /// When the next event happens.
    var next: Instant? {
        if head < immediate.count { return Instant(nanoseconds: now) }
        return heap.isEmpty ? nil : Instant(nanoseconds: heap[0].at)
    }

    /// - Parameter instant: not before that of the last event taken out.
    mutating func insert(_ event: Event, at instant: Instant) {
        if instant.rawValue <= now {
            immediate.append(event)
            return
        }
        inserted += 1
        let place: Int
        if let free = freePlaces.popLast() {
            place = free
            events[place] = event
        } else {
            place = events.count
            events.append(event)
        }
        let key = Key(at: instant.rawValue, order: inserted, place: place)
        heap.append(key)
        heap.withUnsafeMutableBufferPointer { heap in
            var child = heap.count - 1
            while child > 0 {
                let parent = (child - 1) / 4
                guard key.isBefore(heap[parent]) else { break }
                heap[child] = heap[parent]
                child = parent
            }
            heap[child] = key
        }
    }

    mutating func removeFirst() -> (at: Instant, event: Event)? {
        // What waits in the heap for this very time was put in before what is immediate.
        if head < immediate.count, heap.isEmpty || heap[0].at > now {
            let event = immediate[head].take()
            head += 1
            if head == immediate.count {
                immediate.removeAll(keepingCapacity: true)
                head = 0
            }
            return event.map { (Instant(nanoseconds: now), $0) }
        }
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        if !heap.isEmpty { sink(last) }
        now = first.at
        freePlaces.append(first.place)
        return events[first.place].take().map { (Instant(nanoseconds: first.at), $0) }
    }

    /// Puts `key` in the place of the first one and restores the heap.
    private mutating func sink(_ key: Key) {
        heap.withUnsafeMutableBufferPointer { heap in
            var parent = 0
            while true {
                let first = 4 * parent + 1
                guard first < heap.count else { break }
                var least = first
                for child in first + 1..<max(first + 1, min(first + 4, heap.count))
                where heap[child].isBefore(heap[least]) { least = child }
                guard heap[least].isBefore(key) else { break }
                heap[parent] = heap[least]
                parent = least
            }
            heap[parent] = key
        }
    }
}
