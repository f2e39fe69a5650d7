extension Metric {
    /// Every metric there is, in the order in which they are published.
    package static let table: [Metric] = [
        info, uptime, startTime, role, term, leader, commitIndex, appliedIndex, flushedIndex, lastIndex, snapshotIndex,
        purgedIndex, members, membershipCommitted, lease, diskFull, failed,
        pendingProposals, uncommitted, queueDepth, openSessions,
        peerMatchIndex, peerLag, peerInflight, peerState, peerLastContact, peerSnapshot, peerSnapshotAcknowledged,
        peerRoundTrip,
        proposalsAccepted, proposalsRejected, proposalsUnknown, proposeToCommit, commitToApply, entriesCommitted,
        entriesApplied, reads, readsFailed, readConfirmation, storageCommit, batchEntries, batchBytes,
        preVotes, electionsStarted, electionsWon, leaderChanges,
        snapshotsTaken, snapshotsFailed, snapshotsInstalled, snapshotsDelivered, snapshotSent, snapshotReceived,
        inboxDropped, transportSent, transportReceived, transportDropped, transportWrites, transportSentBytes,
        transportReceivedBytes, transportConnections,
        clientConnections, clientConnectionsAccepted, clientConnectionsRefused, clientRequests,
        traceRecordsDropped,
    ]

    /// The table in Markdown, as the documentation holds it.
    package static var markdown: String {
        var lines = ["| name | type | unit | labels | meaning |", "|---|---|---|---|---|"]
        for metric in table {
            let labels = metric.labels.map { "`\($0)`" }.joined(separator: ", ")
            let only =
                switch metric.source {
                case .raft: ""
                case .transport: " (transports that count)"
                case .node: " (`RaftNode` only)"
                }
            lines.append(
                "| `\(metric.name)` | \(metric.kind.rawValue) | \(metric.unit) | \(labels) | \(metric.meaning)\(only). |"
            )
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
