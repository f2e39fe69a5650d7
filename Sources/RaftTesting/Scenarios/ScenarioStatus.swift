public import RaftCore
public import RaftMembership

/// What a node says of itself, as far as scenarios care.
public struct ScenarioStatus: Hashable, Sendable {
    public var role: RaftRole
    public var term: Term
    /// Whom it takes for the leader.
    public var leader: NodeID?
    public var commitIndex: LogIndex
    public var appliedIndex: LogIndex
    /// Where its log ends.
    public var lastIndex: LogIndex
    /// The last entry that is gone from its log, with a snapshot in its place.
    public var purgedIndex: LogIndex
    /// The configuration in effect, when the node has one and knows it to be committed.
    public var membership: LoggedMembership?
    /// On a leader: how far each other member's log is known to agree with its own.
    public var matchIndexes: [NodeID: LogIndex]

    public init(
        role: RaftRole, term: Term, leader: NodeID?, commitIndex: LogIndex, appliedIndex: LogIndex,
        lastIndex: LogIndex = .zero, purgedIndex: LogIndex = .zero, membership: LoggedMembership? = nil,
        matchIndexes: [NodeID: LogIndex] = [:]
    ) {
        self.role = role
        self.term = term
        self.leader = leader
        self.commitIndex = commitIndex
        self.appliedIndex = appliedIndex
        self.lastIndex = lastIndex
        self.purgedIndex = purgedIndex
        self.membership = membership
        self.matchIndexes = matchIndexes
    }

    public init(_ metrics: RaftMetrics) {
        self.init(
            role: metrics.role, term: metrics.term, leader: metrics.leader?.id, commitIndex: metrics.commitIndex,
            appliedIndex: metrics.appliedIndex, lastIndex: metrics.lastIndex, purgedIndex: metrics.purgedIndex)
        if metrics.isMembershipCommitted, !metrics.membership.isEmpty {
            membership = LoggedMembership(id: metrics.membershipID, membership: metrics.membership)
        }
        for peer in metrics.peers { matchIndexes[peer.id] = peer.matchIndex }
    }
}
