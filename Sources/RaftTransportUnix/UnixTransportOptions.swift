public import RaftCore

/// How the transport on sockets behaves. The defaults suit a cluster on one machine or one network.
public struct UnixTransportOptions: Sendable {
    /// Rule N3: TCP beyond loopback is in clear text and proves nobody's identity, so that it is refused unless the
    /// operator says that the network itself is protected.
    public var allowInsecureTCP = false
    /// Users besides our own and root who may be at the other end of a Unix domain socket.
    public var allowedUserIDs: [UInt32] = []
    /// Mode of the socket files.
    public var socketFileMode: UInt32 = 0o600
    /// Sockets that were bound for this process (systemd socket activation), by the address they listen on. Their files
    /// are left alone.
    public var inheritedDescriptors: [RaftAddress: Int32] = [:]
    /// Bytes of entries that may wait for one connection; what comes on top is dropped and left to Raft's retries.
    public var queueBytes = 64 << 20
    /// Bytes of other messages that may wait for one connection.
    public var urgentQueueBytes = 4 << 20
    /// Bytes that are handed to a socket in one write: the longest a heartbeat waits behind entries (rule P6).
    public var writeBytes = 1 << 20
    /// Connections that others may hold to this node at a time.
    public var maximumConnections = 1024
    public var connectTimeout = Duration.seconds(2)
    /// From the connection to the other side's hello.
    public var handshakeTimeout = Duration.seconds(5)
    /// The pause after the first failed attempt; it doubles with each further one.
    public var shortestPause = Duration.milliseconds(20)
    public var longestPause = Duration.seconds(1)

    public init() {}

    /// The rule that this transport breaks on purpose; none but in test builds.
    var broken = MutationSwitch()
}
