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
    /// Bytes handed to sockets, greetings included.
    public var sentBytes: Int
    /// Bytes that came from sockets, greetings included.
    public var receivedBytes: Int
    /// Connections that are open now, made by either end.
    public var connections: Int

    public init(
        sent: Int = 0, received: Int = 0, dropped: Int = 0, writes: Int = 0, sentBytes: Int = 0,
        receivedBytes: Int = 0, connections: Int = 0
    ) {
        self.sent = sent
        self.received = received
        self.dropped = dropped
        self.writes = writes
        self.sentBytes = sentBytes
        self.receivedBytes = receivedBytes
        self.connections = connections
    }
}
