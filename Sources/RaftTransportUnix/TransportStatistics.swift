import Synchronization

/// What a transport has carried since it was made.
public struct TransportStatistics: Hashable, Sendable {
    /// Envelopes handed to a socket. Not all of them need have arrived.
    public var sent: Int
    /// Envelopes handed to the node.
    public var received: Int
    /// Envelopes that were asked to be sent and could not be: no connection, another incarnation, a full queue.
    public var dropped: Int
    /// Writes to sockets: fewer than envelopes, when several go together.
    public var writes: Int
}

/// Written on the loop, read anywhere.
final class TransportCounters: Sendable {
    private let sent = Atomic(0)
    private let received = Atomic(0)
    private let dropped = Atomic(0)
    private let writes = Atomic(0)

    func countSent(_ count: Int, writes: Int) {
        sent.wrappingAdd(count, ordering: .relaxed)
        self.writes.wrappingAdd(writes, ordering: .relaxed)
    }

    func countReceived(_ count: Int) { received.wrappingAdd(count, ordering: .relaxed) }

    func countDropped(_ count: Int) {
        if count > 0 { dropped.wrappingAdd(count, ordering: .relaxed) }
    }

    var statistics: TransportStatistics {
        TransportStatistics(
            sent: sent.load(ordering: .relaxed), received: received.load(ordering: .relaxed),
            dropped: dropped.load(ordering: .relaxed), writes: writes.load(ordering: .relaxed))
    }
}
