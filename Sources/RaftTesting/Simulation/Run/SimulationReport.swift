/// What a run was like.
public struct SimulationReport: Sendable {
    public var seed: UInt64
    /// Simulated nanoseconds.
    public var time: UInt64
    /// Operations whose outcome the client learned.
    public var completedOperations: Int
    /// Operations that may or may not have taken effect.
    public var unknownOperations: Int
    public var faults: Int
    public var leaderChanges: Int
    /// Entries that were committed.
    public var entries: Int
    /// Events of the simulator.
    public var events: Int
    /// Equal for runs in which the same happened, bit for bit.
    public var fingerprint: UInt64
    public var coverage: Coverage
}

/// A property that did not hold in a run.
public struct SimulationFailure: Error, Sendable, CustomStringConvertible {
    public var seed: UInt64
    /// The rule's id, or the paper's name of the property.
    public var property: String
    /// What was seen.
    public var what: String
    /// Simulated nanoseconds from the start.
    public var at: UInt64
    /// The faults that had struck by then.
    public var faults: [PlannedFault]
    /// When trouble ended, by the failure or by calm, in simulated nanoseconds, up to the next millisecond: the same plan
    /// with this `end` fails too.
    public var end: UInt64
    /// Equal for runs in which the same happened, bit for bit.
    public var fingerprint: UInt64

    public var description: String { "seed \(seed), \(at / 1_000_000) ms: \(property): \(what)" }
}
