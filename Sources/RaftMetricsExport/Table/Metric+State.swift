// What a node is at the moment.
extension Metric {
    static let info = Metric(
        "raft_info", .gauge, labels: ["cluster", "cluster_id", "node", "incarnation"],
        "Always 1; its labels say which node this is")
    static let uptime = Metric(
        "raft_uptime_seconds", .gauge, in: "seconds", "Time since the node's start, by its own clock")
    static let role = Metric("raft_role", .gauge, labels: ["role"], "1 for what the node does now, 0 for all else")
    static let term = Metric("raft_term", .gauge, "The latest term that the node has seen")
    static let leader = Metric("raft_leader", .gauge, "The id of the node that leads, 0 while none is known")
    static let commitIndex = Metric("raft_commit_index", .gauge, "The last entry known to be committed")
    static let appliedIndex = Metric("raft_applied_index", .gauge, "The last entry that the machine has applied")
    static let flushedIndex = Metric("raft_flushed_index", .gauge, "The last entry that is durable here")
    static let lastIndex = Metric("raft_last_index", .gauge, "The last entry of the log")
    static let snapshotIndex = Metric(
        "raft_snapshot_index", .gauge, "The last entry that the newest snapshot covers, 0 without one")
    static let purgedIndex = Metric("raft_purged_index", .gauge, "The last entry that is gone from the log")
    static let members = Metric(
        "raft_members", .gauge, in: "members", labels: ["kind"],
        "Members of the configuration in effect: voters, those of them that are witnesses, and learners")
    static let membershipCommitted = Metric(
        "raft_membership_committed", .gauge, "1 when the configuration in effect is known to be committed")
    static let lease = Metric(
        "raft_lease_seconds", .gauge, in: "seconds",
        "How long the leader's lease still stands, +Inf without end, 0 for none")
    static let diskFull = Metric("raft_disk_full", .gauge, "1 while the node's disk takes no entries")
    static let failed = Metric("raft_failed", .gauge, "1 when the node has stopped itself")

    // Queues.

    static let pendingProposals = Metric(
        "raft_pending_proposals", .gauge, in: "proposals", "Proposals that wait for their outcome")
    static let uncommitted = Metric(
        "raft_uncommitted_bytes", .gauge, in: "bytes", "On a leader, what is appended and not committed")
    static let queueDepth = Metric(
        "raft_queue_depth", .gauge, labels: ["queue"],
        "What waits in the inbox, as reads for a quorum's word, as writes for the disk, as orders for the machine")
    static let openSessions = Metric(
        "raft_client_sessions", .gauge, in: "sessions", "Client sessions that are open, as far as the node has applied")

    // Peers, on a leader.

    static let peerMatchIndex = Metric(
        "raft_peer_match_index", .gauge, labels: ["peer"], "The last entry known to be durable on the peer")
    static let peerLag = Metric(
        "raft_peer_lag_entries", .gauge, in: "entries", labels: ["peer"],
        "Entries of the leader's log that the peer lacks")
    static let peerInflight = Metric(
        "raft_peer_inflight_entries", .gauge, in: "entries", labels: ["peer"], "Entries sent and not acknowledged")
    static let peerState = Metric(
        "raft_peer_state", .gauge, labels: ["peer", "state"], "1 for the state that replication to the peer is in")
    static let peerLastContact = Metric(
        "raft_peer_last_contact_seconds", .gauge, in: "seconds", labels: ["peer"],
        "Time since the peer was last heard from; missing when it never was")
    static let peerSnapshot = Metric(
        "raft_peer_snapshot_bytes", .gauge, in: "bytes", labels: ["peer"], "Size of the snapshot on its way to the peer"
    )
    static let peerSnapshotAcknowledged = Metric(
        "raft_peer_snapshot_acknowledged_bytes", .gauge, in: "bytes", labels: ["peer"], "How much of it the peer has")
}
