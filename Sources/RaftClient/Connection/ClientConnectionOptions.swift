import NIOCore

/// Bounds of a connection.
public struct ClientConnectionOptions: Hashable, Sendable {
    /// For the socket to connect, and again for the node to say who it is.
    public var connectTimeout: Duration = .seconds(1)
    /// A frame from the node may not be larger, in bytes: it bounds answers.
    public var maximumFrameBytes = 64 << 20
    /// Requests without an answer; a call beyond them fails with *overloaded*.
    public var maximumInFlight = 65_536
    /// Bytes of requests that the socket has not taken; a call beyond them fails with *overloaded*.
    public var maximumQueuedBytes = 64 << 20

    public init() {}
}

extension TimeAmount {
    /// Rounded to nanoseconds; stops at what fits.
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, second) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        self = .nanoseconds(overflow || second ? (seconds < 0 ? .min : .max) : sum)
    }
}
