public import RaftMembership

/// Who leads, as one node knows it (§5.1, §5.2).
public struct RaftLeadership: Hashable, Sendable {
    /// The latest term that the node has seen.
    public var term: Term
    /// Who leads that term; nil while nobody does, or the node has not heard of it.
    public var leader: LeaderHint?
    /// What the node itself does.
    public var role: RaftRole
}
