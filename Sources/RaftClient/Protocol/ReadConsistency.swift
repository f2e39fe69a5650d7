/// How fresh the answer to a query must be.
public struct ReadConsistency: RawRepresentable, Hashable, Sendable {
    /// As it stands in a query.
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Reflects every write that was acknowledged before the query was sent: the leader confirms that it still leads
    /// (ReadIndex, §8). The default.
    public static let linearizable = ReadConsistency(rawValue: 1)
    /// Linearizable as long as clocks keep their bounds. A node that grants no leases answers as for `linearizable`.
    public static let lease = ReadConsistency(rawValue: 2)
    /// Linearizable, answered by a follower. A node that cannot refuses with *notLeader*.
    public static let follower = ReadConsistency(rawValue: 3)
    /// What the asked node has applied so far, however old.
    public static let stale = ReadConsistency(rawValue: 4)

    /// Every one, best first.
    public static let all: [ReadConsistency] = [.linearizable, .lease, .follower, .stale]

    /// Nil for a name that is none.
    public init?(name: String) {
        guard let match = Self.all.first(where: { $0.name == name }) else { return nil }
        self = match
    }

    public var name: String {
        switch self {
        case .linearizable: "linearizable"
        case .lease: "lease"
        case .follower: "follower"
        case .stale: "stale"
        default: "consistency \(rawValue)"
        }
    }
}
