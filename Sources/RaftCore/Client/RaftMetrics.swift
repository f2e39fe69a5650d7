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
        /// `probe`; `replicate` at line rate; `lagging` while it gets entries from storage; `snapshot` while it gets a
        /// snapshot; `leaving` when it was removed and is to be told so; `unreachable` while nothing is heard from it;
        /// `suspect` when it lost what it had acknowledged (rule L3); `full` while its disk takes no entries (rule D4).
        public var state: String
        /// Milliseconds since it was last heard from; nil when never.
        public var lastContactMilliseconds: UInt64?
        /// From the last heartbeat that was answered to its answer, in nanoseconds; nil before the first.
        public var roundTripNanoseconds: UInt64?
        /// Entries sent and not acknowledged.
        public var inflightEntries: Int
        /// The snapshot on its way to it.
        public var snapshot: Transfer?
    }

    /// How far a snapshot is on its way.
    public struct Transfer: Hashable, Sendable {
        /// What it covers.
        public var index: LogIndex
        /// Its size.
        public var bytes: UInt64
        public var acknowledgedBytes: UInt64

        package init(index: LogIndex, bytes: UInt64, acknowledgedBytes: UInt64) {
            self.index = index
            self.bytes = bytes
            self.acknowledgedBytes = acknowledgedBytes
        }
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
    /// What the newest snapshot covers; zero without one.
    public var snapshotIndex: LogIndex
    /// The last entry that is gone from the log.
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
    /// Client sessions that are open, as far as this node has applied (rule W4).
    public var openSessions: Int
    /// Appended and not yet committed bytes on a leader.
    public var uncommittedBytes: Int
    /// On a leader, for how many milliseconds its lease still stands (rule R4); nil without one, the greatest number when
    /// it has no end.
    public var leaseMilliseconds: UInt64?
    /// What waits within the node.
    public var queues: Queues
    /// How long things take.
    public var latencies: Latencies
    /// The node's disk refuses entries: it takes no proposals and hands leadership over, until there is space again
    /// (rule D4).
    public var isDiskFull: Bool
    /// Why the node stopped itself; nil while it runs.
    public var failure: String?
}
