/// How fresh the answer to a query must be.
public struct ReadConsistency: Hashable, Sendable {
    /// As it stands in a query.
    public let rawValue: UInt8
    /// How old the answer may be, in nanoseconds; 0 where that is no matter.
    package let atMost: UInt64

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
        atMost = 0
    }

    package init(rawValue: UInt8, atMost: UInt64) {
        self.rawValue = rawValue
        self.atMost = atMost
    }

    /// Reflects every write that was acknowledged before the query was sent: the leader confirms that it still leads
    /// (ReadIndex, §8). The default.
    public static let linearizable = ReadConsistency(rawValue: 1)
    /// Linearizable as long as clocks keep their bounds: the leader does not ask while a quorum has promised to vote for
    /// nobody else (D§6.4.1).
    public static let lease = ReadConsistency(rawValue: 2)
    /// Linearizable, answered by the asked node, which need not lead.
    public static let follower = ReadConsistency(rawValue: 3)
    /// What the asked node has applied so far, however old.
    public static let stale = ReadConsistency(rawValue: 4)

    /// What was current at most `age` ago by the clock of the asked node, which need not lead.
    public static func stale(atMost age: Duration) -> ReadConsistency {
        let (seconds, attoseconds) = age.components
        let whole = UInt64(max(0, min(seconds, 1 << 32))) * 1_000_000_000
        return stale(atMostNanoseconds: whole + UInt64(max(0, attoseconds) / 1_000_000_000))
    }

    package static func stale(atMostNanoseconds age: UInt64) -> ReadConsistency {
        ReadConsistency(rawValue: boundedRawValue, atMost: age)
    }

    static let boundedRawValue: UInt8 = 5

    /// Every one that needs no number, best first.
    public static let all: [ReadConsistency] = [.linearizable, .lease, .follower, .stale]

    /// Whether the age of the answer is bounded.
    package var isBounded: Bool { rawValue == Self.boundedRawValue }

    /// Whether this release knows it.
    package var isKnown: Bool { (1...Self.boundedRawValue).contains(rawValue) }

    /// Whether a node that leads must answer.
    var wantsLeader: Bool { self == .linearizable || self == .lease }

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
        default: isBounded ? "stale" : "consistency \(rawValue)"
        }
    }
}
