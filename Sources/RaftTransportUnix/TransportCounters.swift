import RaftCore
import Synchronization

/// Written on the loop, read anywhere.
final class TransportCounters: Sendable {
    private let sent = Atomic(0)
    private let received = Atomic(0)
    private let dropped = Atomic(0)
    private let writes = Atomic(0)
    private let sentBytes = Atomic(0)
    private let receivedBytes = Atomic(0)
    private let connections = Atomic(0)

    /// One write to a socket.
    func countWrite(of count: Int, bytes: Int) {
        sent.wrappingAdd(count, ordering: .relaxed)
        sentBytes.wrappingAdd(bytes, ordering: .relaxed)
        writes.wrappingAdd(1, ordering: .relaxed)
    }

    /// What is said before envelopes count.
    func countGreeting(bytes: Int) { sentBytes.wrappingAdd(bytes, ordering: .relaxed) }

    func countReceived(_ count: Int) { received.wrappingAdd(count, ordering: .relaxed) }

    func countReceived(bytes: Int) { receivedBytes.wrappingAdd(bytes, ordering: .relaxed) }

    func countDropped(_ count: Int) {
        if count > 0 { dropped.wrappingAdd(count, ordering: .relaxed) }
    }

    func countConnections(_ change: Int) { connections.wrappingAdd(change, ordering: .relaxed) }

    var statistics: TransportStatistics {
        TransportStatistics(
            sent: sent.load(ordering: .relaxed), received: received.load(ordering: .relaxed),
            dropped: dropped.load(ordering: .relaxed), writes: writes.load(ordering: .relaxed),
            sentBytes: sentBytes.load(ordering: .relaxed), receivedBytes: receivedBytes.load(ordering: .relaxed),
            connections: connections.load(ordering: .relaxed))
    }
}
