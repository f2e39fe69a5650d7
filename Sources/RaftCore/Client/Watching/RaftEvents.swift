import Synchronization

/// Events of one kind, in their order, for one reader: what `Raft.membershipEvents` and `Raft.snapshotEvents` give.
///
/// Begins with how things stand, and ends with the node, or with the task that reads. A reader that is slower than the node
/// does not hold it up: of more than `capacity` events that wait, the oldest are dropped, and the next one that it gets says in
/// `missed` how many. One task reads a stream; others take streams of their own.
public struct RaftEvents<Event: Sendable>: AsyncSequence, Sendable {
    public typealias Element = Event
    public typealias Failure = Never

    /// So many events wait for their reader at most.
    public static var capacity: Int { 256 }

    /// How many events were handed out or dropped so far, whichever iterator it was.
    private final class Position: Sendable {
        let next = Atomic<UInt64>(0)
    }

    private let stream: AsyncStream<NumberedEvent<Event>>
    private let position = Position()
    private let missed: any WritableKeyPath<Event, Int> & Sendable

    /// - Parameter missed: where an event says how many before it its reader has missed.
    init(_ stream: AsyncStream<NumberedEvent<Event>>, missed: any WritableKeyPath<Event, Int> & Sendable) {
        self.stream = stream
        self.missed = missed
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(events: self, iterator: stream.makeAsyncIterator())
    }

    public struct Iterator: AsyncIteratorProtocol {
        public typealias Failure = Never

        let events: RaftEvents
        var iterator: AsyncStream<NumberedEvent<Event>>.Iterator

        public mutating func next() async -> Event? { await next(isolation: nil) }

        public mutating func next(isolation actor: isolated (any Actor)?) async -> Event? {
            guard let next = await iterator.next(isolation: actor) else { return nil }
            return events.take(next)
        }
    }

    private func take(_ numbered: NumberedEvent<Event>) -> Event {
        let expected = position.next.exchange(numbered.number + 1, ordering: .relaxed)
        guard numbered.number > expected else { return numbered.event }
        var event = numbered.event
        event[keyPath: missed] = Int(numbered.number - expected)
        return event
    }
}

/// Numbered by reader, from 0 on, so that the reader sees what is missing.
struct NumberedEvent<Event: Sendable>: Sendable {
    var number: UInt64
    var event: Event
}

/// The driver's end of a stream of events.
struct EventReader<Event: Sendable>: Sendable {
    let id: UInt64
    let continuation: AsyncStream<NumberedEvent<Event>>.Continuation
    private var next: UInt64 = 0

    init(id: UInt64, _ continuation: AsyncStream<NumberedEvent<Event>>.Continuation) {
        self.id = id
        self.continuation = continuation
    }

    /// Never waits: the oldest event makes room.
    mutating func yield(_ event: Event) {
        continuation.yield(NumberedEvent(number: next, event: event))
        next += 1
    }
}
