import RaftMembership

/// How fresh what a read sees must be.
package enum ReadKind: Hashable, Sendable {
    /// Confirmed by a quorum (§8, D§6.4).
    case linearizable
    /// Linearizable, by the leader's clock where a lease stands (D§6.4.1).
    case lease
    /// Linearizable, on any member that has a leader (rule R7).
    case follower
    /// At most so many nanoseconds old.
    case stale(atMost: UInt64)
    /// However old: no matter for the engine.
    case anyAge
}

/// What the answer to a read rests on.
package enum ReadProof: Hashable, Sendable {
    /// A quorum's word, which no time takes back; or nothing, where the age does not matter.
    case round
    /// The lease, which must still stand when the read was executed (rule R4).
    case lease
    /// What is read was current at `since`, by this server's clock, and must not be older than so many nanoseconds.
    case age(since: Instant, atMost: UInt64)
}

/// Who waits for a read index.
enum ReadAsker: Hashable, Sendable {
    case call(ReadID)
    case peer(ReadQuestion)

    /// Tells it apart from others of its kind.
    var number: UInt64 {
        switch self {
        case .call(let id): id.rawValue
        case .peer(let question): question.number
        }
    }
}

/// A peer's question for a read index.
struct ReadQuestion: Hashable, Sendable {
    var member: Member
    var start: UInt64
    var number: UInt64
    var asked: Instant
}
