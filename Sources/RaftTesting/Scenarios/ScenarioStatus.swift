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
    /// On a leader: how far each other member's log is known to agree with its own.
    public var matchIndexes: [NodeID: LogIndex]

    public init(
        role: RaftRole, term: Term, leader: NodeID?, commitIndex: LogIndex, appliedIndex: LogIndex,
        matchIndexes: [NodeID: LogIndex] = [:]
    ) {
        self.role = role
        self.term = term
        self.leader = leader
        self.commitIndex = commitIndex
        self.appliedIndex = appliedIndex
        self.matchIndexes = matchIndexes
    }

    public init(_ metrics: RaftMetrics) {
        self.init(
            role: metrics.role, term: metrics.term, leader: metrics.leader?.id, commitIndex: metrics.commitIndex,
            appliedIndex: metrics.appliedIndex)
        for peer in metrics.peers { matchIndexes[peer.id] = peer.matchIndex }
    }
}
