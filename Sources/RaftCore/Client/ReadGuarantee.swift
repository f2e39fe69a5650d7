/// How fresh what a read sees must be, and who may answer it.
///
/// | guarantee | answered by | costs | sees |
/// |---|---|---|---|
/// | `linearizable` | the leader | a round of heartbeats, shared by reads that wait | every command that was acknowledged before |
/// | `lease` | the leader | nothing while its lease stands, else as above | the same, as long as clocks keep their bounds |
/// | `follower` | any member | a question to the leader, shared, and its round | every command that was acknowledged before |
/// | `stale(atMost:)` | any member | nothing while what it has is young enough, else as above | a state that was current so long ago at most |
/// | `stale` | any member | nothing | what the member has, however old |
public struct ReadGuarantee: Hashable, Sendable {
    package let kind: ReadKind

    package init(kind: ReadKind) { self.kind = kind }

    /// Linearizable (§8, D§6.4): the leader asks a quorum whether it still leads. The default.
    public static let linearizable = ReadGuarantee(kind: .linearizable)

    /// Linearizable by the clock (D§6.4.1): as long as a quorum has promised to vote for nobody else, the leader does not ask.
    /// Rests on `RaftConfiguration.leaseDrift`: a clock whose pace is further off may show an old state. Without a lease the
    /// leader asks, as for `linearizable`.
    public static let lease = ReadGuarantee(kind: .lease)

    /// Linearizable, on any member that has a leader (rule R7): it asks the leader up to where it must have applied.
    public static let follower = ReadGuarantee(kind: .follower)

    /// What this node's machine has, which may be behind the cluster by any time (rule R7).
    public static let stale = ReadGuarantee(kind: .anyAge)

    /// A state that was current at most `age` ago, by this node's clock, on any member (rule R7). A node that has nothing so
    /// young asks the leader; when no leader answers, or not soon enough, the read fails and says how old it would have been.
    ///
    /// - Parameter age: not below zero; an age shorter than the way to the leader and back can be had of the leader only.
    public static func stale(atMost age: Duration) -> ReadGuarantee {
        let (seconds, attoseconds) = age.components
        let whole = UInt64(max(0, min(seconds, 1 << 32)))
        let nanoseconds = whole * 1_000_000_000 + UInt64(max(0, attoseconds) / 1_000_000_000)
        return ReadGuarantee(kind: .stale(atMost: nanoseconds))
    }
}
