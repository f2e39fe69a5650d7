public import RaftMembership

/// What a node has done since its start, counted and measured, beside its state at the same moment: one value (rule W5).
///
/// Numbers only rise while the node runs, and begin at zero with it. `RaftMetricsExport` publishes all of it.
public struct RaftStatistics: Hashable, Sendable {
    public struct Proposals: Hashable, Sendable {
        /// Appended to the log. Some of them may end as unknown yet.
        public var accepted: UInt64 = 0
        /// Never appended.
        public var rejected: UInt64 = 0
        /// Ended though they may or may not be applied (rule W1).
        public var unknown: UInt64 = 0
    }

    /// Calls by what they asked for (see `ReadGuarantee`), whatever came of them.
    public struct Reads: Hashable, Sendable {
        public var linearizable: UInt64 = 0
        public var lease: UInt64 = 0
        public var follower: UInt64 = 0
        /// Of a bounded age.
        public var bounded: UInt64 = 0
        public var stale: UInt64 = 0
        /// Of all of these, how many were refused or not confirmed.
        public var failed: UInt64 = 0
    }

    public struct Elections: Hashable, Sendable {
        /// Campaigns that touched nobody's term (D§9.6).
        public var preVotes: UInt64 = 0
        /// Terms for which this node was a candidate (§5.2).
        public var started: UInt64 = 0
        /// Terms that it led.
        public var won: UInt64 = 0
        /// How often it heard of a leader, or became one, where it knew of none or another before.
        public var leaderChanges: UInt64 = 0
    }

    public struct Snapshots: Hashable, Sendable {
        public var taken: UInt64 = 0
        /// Not taken or not received.
        public var failed: UInt64 = 0
        /// Of a leader, the machine having their state.
        public var installed: UInt64 = 0
        /// Installed by a peer that this leader sent one to.
        public var delivered: UInt64 = 0
        /// Bytes of bodies, what was sent again included.
        public var sentBytes: UInt64 = 0
        public var receivedBytes: UInt64 = 0
    }

    /// From heartbeats to their answers.
    public struct RoundTrips: Hashable, Sendable {
        public var peer: NodeID
        /// In nanoseconds.
        public var nanoseconds: RaftHistogram
    }

    /// The node's state when the rest was read.
    public var metrics: RaftMetrics
    /// Since the node's start, by its own clock.
    public var uptimeNanoseconds: UInt64
    public var proposals = Proposals()
    public var reads = Reads()
    public var elections = Elections()
    public var snapshots = Snapshots()
    /// Entries that became known to be committed and were handed to the machine. Those of an installed snapshot do not count.
    public var entriesCommitted: UInt64 = 0
    /// Of these, what the machine has applied, or passed over.
    public var entriesApplied: UInt64 = 0
    /// Peers' messages that were dropped because the node's inbox was full (rule N2).
    public var inboxDropped: UInt64 = 0
    /// For each proposal: from the turn that appended it to the one that knew it to be committed, in nanoseconds.
    public var proposeToCommit: RaftHistogram
    /// For each entry: from the order to apply it to the machine's word, in nanoseconds.
    public var commitToApply: RaftHistogram
    /// For each read: from its call to its confirmation, in nanoseconds.
    public var readConfirmation: RaftHistogram
    /// For each transaction of storage: how long it took until it was durable, in nanoseconds. None where storage commits at
    /// once.
    public var storageCommit: RaftHistogram
    /// For each batch of entries that was ordered to be written: how many.
    public var batchEntries: RaftHistogram
    /// And how many bytes, as they stand in the log.
    public var batchBytes: RaftHistogram
    /// On a leader, of the members that have answered heartbeats; kept while it follows.
    public var roundTrips: [RoundTrips]
    /// Nil where the transport does not count.
    public var transport: TransportStatistics?
}
