/// How thorough the conformance suite of transports is, and what it grants them.
public struct TransportConformanceOptions: Sendable {
    /// Chance is drawn from this.
    public var seed: UInt64 = 1
    /// Bytes of the largest message's entries.
    public var maximumMessageBytes = 4 << 20
    /// Bytes that may wait for a peer which is not there.
    public var queueBytes = 64 << 20
    /// How long the suite waits for what must come.
    public var patience = Duration.seconds(20)
    /// How many messages are sent where order and loss are looked at.
    public var messages = 2000

    public init() {}
}
