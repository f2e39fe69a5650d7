public import RaftMembership

/// What a server does at the moment.
public enum RaftRole: String, Hashable, Sendable {
    case leader, follower, candidate, learner, witness, removed, fenced
}

/// A node's state as one value, published after the effects it describes (rule W5).
public struct RaftMetrics: Hashable, Sendable {
    /// What a leader knows of another member.
    public struct Peer: Hashable, Sendable {
        public var id: NodeID
        public var matchIndex: LogIndex
        /// `probe` or `replicate`; `leaving` when it was removed and is to be told so; `unreachable` while nothing is heard from it; `suspect` when it lost what it had
        /// acknowledged (rule L3).
        public var state: String
        /// Milliseconds since it was last heard from; nil when never.
        public var lastContactMilliseconds: UInt64?
        /// Entries sent and not acknowledged.
        public var inflightEntries: Int
    }

    public var node: NodeID
    public var member: Member
    public var clusterName: String
    /// Nil until the cluster is formed.
    public var cluster: ClusterID?
    public var role: RaftRole
    public var term: Term
    public var leader: LeaderHint?
    public var commitIndex: LogIndex
    public var appliedIndex: LogIndex
    /// Durable on this server.
    public var flushedIndex: LogIndex
    public var lastIndex: LogIndex
    public var snapshotIndex: LogIndex
    public var purgedIndex: LogIndex
    /// The configuration in effect.
    public var membership: Membership
    /// Where it stands in the log: what a change may be made to depend on.
    public var membershipID: LogID
    /// Whether it is known to be committed, so that another change may begin.
    public var isMembershipCommitted: Bool
    /// On a leader, what it knows of the others; else empty.
    public var peers: [Peer]
    /// Proposals that wait for their outcome.
    public var pendingProposals: Int
    /// Appended and not yet committed bytes on a leader.
    public var uncommittedBytes: Int
    /// Why the node stopped itself; nil while it runs.
    public var failure: String?
}
