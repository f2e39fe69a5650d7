public import RaftMembership

/// What the clients of a scenario do, whatever the level.
public struct ScenarioLoad: Hashable, Sendable {
    /// Keys that begin so are written once each: what is acknowledged of them must be there at the end.
    public static let ledgerPrefix = "ledger/"

    /// Clients that read and write and follow the leader.
    public var clients = 4
    /// Clients for each node, spares included, that read only, and ask that very node only: they find out whether one that leads no more
    /// still answers.
    public var readersPerNode = 2
    /// How many keys the clients share, and fight for.
    public var sharedKeys = 4
    /// Nanoseconds between the end of an operation and the next one of the same client.
    public var pause: UInt64 = 2_000_000
    /// Every choice follows from it, the moment of an operation aside.
    public var seed: UInt64

    public init(seed: UInt64) { self.seed = seed }

    /// The clients, those that follow the leader first.
    public func makeClients(of nodes: [NodeID]) -> [LoadClient] {
        var made: [LoadClient] = []
        for _ in 0..<clients { made.append(LoadClient(process: made.count, node: nil, load: self)) }
        for node in nodes {
            for _ in 0..<readersPerNode { made.append(LoadClient(process: made.count, node: node, load: self)) }
        }
        return made
    }
}
