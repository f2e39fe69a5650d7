package import RaftCore

/// What is yet to happen, by time, and at one time in the order in which it was put in: a binary heap.
package struct EventQueue<Event> {
    private struct Item {
        var at: Instant
        var order: UInt64
        var event: Event

        func isBefore(_ other: Item) -> Bool { at != other.at ? at < other.at : order < other.order }
    }

    private var heap: [Item] = []
    private var inserted: UInt64 = 0

    package init() {}

    package var next: Instant? { heap.first?.at }

    package mutating func insert(_ event: Event, at instant: Instant) {
        inserted += 1
        heap.append(Item(at: instant, order: inserted, event: event))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].isBefore(heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    package mutating func removeFirst() -> (at: Instant, event: Event)? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            var parent = 0
            while true {
                var least = parent
                for child in [2 * parent + 1, 2 * parent + 2]
                where child < heap.count && heap[child].isBefore(heap[least]) { least = child }
                if least == parent { break }
                heap.swapAt(parent, least)
                parent = least
            }
        }
        return (first.at, first.event)
    }
}
