/// What a run must have seen before its trouble may end.
public struct SimulationRequirements: Sendable {
    /// Simulated nanoseconds, the calm at the end included.
    public var time: UInt64
    /// Completed operations of clients.
    public var operations: Int
    public var faults: Int
    public var leaderChanges: Int

    public init(time: UInt64, operations: Int, faults: Int, leaderChanges: Int) {
        self.time = time
        self.operations = operations
        self.faults = faults
        self.leaderChanges = leaderChanges
    }

    /// Five minutes, 1,000 operations, 20 faults, 5 changes of leader.
    public static let full = SimulationRequirements(
        time: 300_000_000_000, operations: 1000, faults: 20, leaderChanges: 5)

    /// Too little time for clients to rest in.
    var isShort: Bool { time < 60_000_000_000 }

    /// A tenth of it, for a look in passing.
    public static let short = SimulationRequirements(
        time: 30_000_000_000, operations: 100, faults: 5, leaderChanges: 1)
}
