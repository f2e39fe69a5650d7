/// How thorough the conformance suite of state machines is.
public struct StateMachineConformanceOptions: Sendable {
    /// Chance is drawn from this.
    public var seed: UInt64 = 1
    /// How many sequences of commands are tried.
    public var runs = 5
    /// Commands in each of them.
    public var commands = 300
    /// Byte strings that are decoded.
    public var decodings = 2000

    public init() {}
}
