public import RaftCore

/// The world of a simulated cluster, apart from its faults. Times in nanoseconds, chances in thousandths.
public struct ClusterOptions: Sendable {
    /// Members at the beginning.
    public var nodes = 3
    /// Servers beside them that belong to nothing and wait to be added.
    public var spares = 0
    /// How many of the nodes, the last ones, only learn (of a cluster that stands already).
    public var learners = 0
    /// How many of the voters, the last ones, are witnesses (of a cluster that stands already).
    public var witnesses = 0
    /// Begins as a cluster with its configuration committed; otherwise as pristine servers that are told to form one.
    public var isFormed = true
    public var networkDelay: ClosedRange<UInt64> = 100_000...2_000_000
    public var loss: UInt64 = 0
    public var duplication: UInt64 = 0
    public var stragglers: UInt64 = 0
    /// From a write's submission until it is durable.
    public var diskDelay: ClosedRange<UInt64> = 50_000...3_000_000
    public var applyDelay: ClosedRange<UInt64> = 10_000...500_000
    /// The machine runs on the driver's own lane.
    public var appliesInline = false
    /// How fast or slow a server's clock may run from the start, at most a hundred.
    public var clockDrift: UInt64 = 0
    public var configuration = RaftConfiguration()

    public init() {}

    var servers: Int { nodes + spares }

    var weather: SimulatedNetwork.Weather {
        SimulatedNetwork.Weather(
            delay: networkDelay, loss: loss, duplication: duplication, stragglers: stragglers)
    }
}
