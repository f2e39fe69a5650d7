public import RaftCore
public import RaftMembership

/// What a node says of itself: `RaftMetrics` as it travels to clients.
public struct NodeStatus: Hashable, Sendable {
    /// What a leader knows of another member.
    public struct Peer: Hashable, Sendable {
        public var id: NodeID
        public var matchIndex: LogIndex
        /// `probe`, `replicate`, `unreachable`, `suspect`, `full`, …
        public var state: String
        /// Milliseconds since it was last heard from; nil when never.
        public var lastContactMilliseconds: UInt64?
        /// Entries sent and not acknowledged.
        public var inflightEntries: UInt64
        /// From the last heartbeat that was answered to its answer, in nanoseconds; nil before the first.
        public var roundTripNanoseconds: UInt64?
        /// The snapshot on its way to it.
        public var snapshot: RaftMetrics.Transfer?

        public init(
            id: NodeID, matchIndex: LogIndex, state: String, lastContactMilliseconds: UInt64?, inflightEntries: UInt64
        ) {
            self.id = id
            self.matchIndex = matchIndex
            self.state = state
            self.lastContactMilliseconds = lastContactMilliseconds
            self.inflightEntries = inflightEntries
        }
    }

    public var clusterName: String
    /// Nil until the cluster is formed.
    public var cluster: ClusterID?
    public var member: Member
    /// A `RaftRole` by name; a newer node may know more of them.
    public var role: String
    public var term: Term
    public var leader: LeaderHint?
    public var commitIndex = LogIndex.zero
    public var appliedIndex = LogIndex.zero
    /// Durable on this server.
    public var flushedIndex = LogIndex.zero
    public var lastIndex = LogIndex.zero
    public var snapshotIndex = LogIndex.zero
    public var purgedIndex = LogIndex.zero
    /// The configuration in effect.
    public var membership = Membership()
    /// Where it stands in the log, which a change may be made to depend on; nil while there is none, and of a node that
    /// does not tell.
    public var membershipID: LogID?
    /// Whether the node knows it to be committed.
    public var isMembershipCommitted = false
    /// On a leader, what it knows of the others; else empty.
    public var peers: [Peer] = []
    public var pendingProposals: UInt64 = 0
    public var uncommittedBytes: UInt64 = 0
    public var openSessions: UInt64 = 0
    /// On a leader, for how many milliseconds its lease still stands; nil without one, the greatest number when it has no end.
    public var leaseMilliseconds: UInt64?
    /// What waits within the node; nil of a node that does not tell.
    public var queues: RaftMetrics.Queues?
    /// How long things take there; nil of a node that does not tell.
    public var latencies: RaftMetrics.Latencies?
    /// Its disk refuses entries (rule D4).
    public var isDiskFull = false
    /// Why the node stopped itself; nil while it runs.
    public var failure: String?

    public init(clusterName: String, member: Member, role: String, term: Term) {
        self.clusterName = clusterName
        self.member = member
        self.role = role
        self.term = term
    }

    package init(_ metrics: RaftMetrics) {
        self.init(
            clusterName: metrics.clusterName, member: metrics.member, role: metrics.role.rawValue, term: metrics.term)
        cluster = metrics.cluster
        leader = metrics.leader
        commitIndex = metrics.commitIndex
        appliedIndex = metrics.appliedIndex
        flushedIndex = metrics.flushedIndex
        lastIndex = metrics.lastIndex
        snapshotIndex = metrics.snapshotIndex
        purgedIndex = metrics.purgedIndex
        membership = metrics.membership
        membershipID = metrics.membershipID == .zero ? nil : metrics.membershipID
        isMembershipCommitted = metrics.isMembershipCommitted
        peers = metrics.peers.map { Peer($0) }
        pendingProposals = UInt64(clamping: metrics.pendingProposals)
        uncommittedBytes = UInt64(clamping: metrics.uncommittedBytes)
        openSessions = UInt64(clamping: metrics.openSessions)
        leaseMilliseconds = metrics.leaseMilliseconds
        queues = metrics.queues
        latencies = metrics.latencies
        isDiskFull = metrics.isDiskFull
        failure = metrics.failure
    }
}

extension NodeStatus.Peer {
    fileprivate init(_ peer: RaftMetrics.Peer) {
        self.init(
            id: peer.id, matchIndex: peer.matchIndex, state: peer.state,
            lastContactMilliseconds: peer.lastContactMilliseconds,
            inflightEntries: UInt64(clamping: peer.inflightEntries))
        roundTripNanoseconds = peer.roundTripNanoseconds
        snapshot = peer.snapshot
    }
}
