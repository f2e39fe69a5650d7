// What a node has done since its start.
extension Metric {
    static let proposalsAccepted = Metric(
        "raft_proposals_accepted_total", .counter, in: "proposals", "Proposals that were appended to the log")
    static let proposalsRejected = Metric(
        "raft_proposals_rejected_total", .counter, in: "proposals", "Proposals that were never appended")
    static let proposalsUnknown = Metric(
        "raft_proposals_unknown_total", .counter, in: "proposals",
        "Proposals that ended though they may or may not be applied")
    static let reads = Metric(
        "raft_reads_total", .counter, in: "reads", labels: ["guarantee"], "Reads by the guarantee asked for")
    static let readsFailed = Metric(
        "raft_reads_failed_total", .counter, in: "reads", "Reads that the node refused or could not get confirmed")
    static let entriesCommitted = Metric(
        "raft_entries_committed_total", .counter, in: "entries",
        "Entries that became known to be committed, those in installed snapshots aside")
    static let entriesApplied = Metric(
        "raft_entries_applied_total", .counter, in: "entries", "Entries that the machine has applied or passed over")
    static let preVotes = Metric(
        "raft_pre_votes_total", .counter, in: "campaigns", "Campaigns by pre-vote, which raise no term")
    static let electionsStarted = Metric(
        "raft_elections_started_total", .counter, in: "elections", "Elections in which the node was a candidate")
    static let electionsWon = Metric("raft_elections_won_total", .counter, in: "elections", "Elections that it won")
    static let leaderChanges = Metric(
        "raft_leader_changes_total", .counter, in: "changes",
        "How often the node learned of a leader that was none before")
    static let snapshotsTaken = Metric(
        "raft_snapshots_taken_total", .counter, in: "snapshots", "Snapshots taken of the node's machine")
    static let snapshotsFailed = Metric(
        "raft_snapshots_failed_total", .counter, in: "snapshots", "Snapshots that were not taken or not received")
    static let snapshotsInstalled = Metric(
        "raft_snapshots_installed_total", .counter, in: "snapshots",
        "Snapshots of a leader that the machine has taken on")
    static let snapshotsDelivered = Metric(
        "raft_snapshots_delivered_total", .counter, in: "snapshots",
        "Snapshots that a peer has installed from this leader")
    static let snapshotSent = Metric(
        "raft_snapshot_sent_bytes_total", .counter, in: "bytes", "Bytes of snapshots sent, repetitions included")
    static let snapshotReceived = Metric(
        "raft_snapshot_received_bytes_total", .counter, in: "bytes", "Bytes of snapshots received, repetitions included"
    )
    static let inboxDropped = Metric(
        "raft_inbox_dropped_messages_total", .counter, in: "messages",
        "Messages of peers that were dropped because the inbox was full")

    // The transport.

    static let transportSent = Metric(
        "raft_transport_sent_messages_total", .counter, in: "messages", from: .transport, "Messages handed to sockets")
    static let transportReceived = Metric(
        "raft_transport_received_messages_total", .counter, in: "messages", from: .transport,
        "Messages of peers handed to the node")
    static let transportDropped = Metric(
        "raft_transport_dropped_messages_total", .counter, in: "messages", from: .transport,
        "Messages that could not be sent: no connection, or a full queue")
    static let transportWrites = Metric(
        "raft_transport_writes_total", .counter, in: "writes", from: .transport, "Writes to sockets")
    static let transportSentBytes = Metric(
        "raft_transport_sent_bytes_total", .counter, in: "bytes", from: .transport, "Bytes handed to sockets")
    static let transportReceivedBytes = Metric(
        "raft_transport_received_bytes_total", .counter, in: "bytes", from: .transport, "Bytes that came from sockets")
    static let transportConnections = Metric(
        "raft_transport_connections", .gauge, in: "connections", from: .transport,
        "Connections with peers that are open")
}
