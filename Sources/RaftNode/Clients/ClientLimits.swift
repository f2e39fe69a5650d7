import RaftClient

/// Bounds and rights of the client listener. What happens at each bound is said with it.
public struct ClientLimits: Hashable, Sendable {
    /// Connections at a time; one more is told so and closed.
    public var maximumConnections = 4096
    /// Requests of one connection without an answer; beyond them nothing is read from it.
    public var maximumInFlight = 4096
    /// What the length of a frame may say at most, in bytes; a larger one ends the connection before any of it is kept.
    public var maximumFrameBytes: Int
    /// Answers that a connection has not taken, in bytes; beyond them nothing is read from it, and queries of it that
    /// wait for their answer end as overloaded.
    public var pausingUnsentBytes = 4 << 20
    /// The same; beyond them the connection is closed: its client reads too slowly for what it asked.
    public var maximumUnsentBytes = 256 << 20
    /// Answers that no connection has taken, in bytes over all of them; beyond them queries end as overloaded.
    public var maximumUnreadBytes = 64 << 20
    /// For a client to say hello; else it is closed.
    public var helloTimeout: Duration = .seconds(5)
    /// How long `ClientServer.shutdown` waits for answers that are under way.
    public var drainTimeout: Duration = .seconds(5)
    /// Users that may connect to a Unix domain socket besides the node's own and root (rule N3).
    public var allowedUserIDs: [UInt32] = []
    /// TCP beyond loopback is refused without it (rule N3).
    public var allowInsecureTCP = false
    /// Mode of a socket file. Who may connect is decided by `allowedUserIDs` as well.
    public var fileMode: UInt32 = 0o600

    /// - Parameter maximumCommandBytes: As in `RaftConfiguration`.
    public init(maximumCommandBytes: Int = 4 << 20) {
        maximumFrameBytes = maximumCommandBytes + ClientProtocol.margin
    }
}
