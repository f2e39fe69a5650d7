package import RaftCore
import RaftMembership

// From what a node says of itself.
extension MetricReport {
    package init(_ statistics: RaftStatistics) {
        self.init()
        addState(statistics)
        addPeers(statistics)
        addProposals(statistics)
        addElectionsAndSnapshots(statistics)
        if let transport = statistics.transport { add(transport) }
    }

    /// What a role may be, and so which series there are.
    static let roles: [RaftRole] = [.leader, .follower, .candidate, .learner, .witness, .removed, .fenced]
    /// What a peer's state may be (see `RaftMetrics.Peer.state`).
    static let peerStates = [
        "probe", "replicate", "lagging", "snapshot", "leaving", "unreachable", "suspect", "full",
    ]

    private mutating func addState(_ statistics: RaftStatistics) {
        let metrics = statistics.metrics
        add(
            .info, 1, metrics.clusterName, metrics.cluster?.description ?? "", metrics.node.description,
            metrics.member.incarnation.description)
        add(.uptime, seconds: Double(statistics.uptimeNanoseconds) / 1e9)
        for role in Self.roles { add(.role, metrics.role == role, role.rawValue) }
        add(.term, metrics.term.rawValue)
        add(.leader, metrics.leader?.id.rawValue ?? 0)
        add(.commitIndex, metrics.commitIndex.rawValue)
        add(.appliedIndex, metrics.appliedIndex.rawValue)
        add(.flushedIndex, metrics.flushedIndex.rawValue)
        add(.lastIndex, metrics.lastIndex.rawValue)
        add(.snapshotIndex, metrics.snapshotIndex.rawValue)
        add(.purgedIndex, metrics.purgedIndex.rawValue)
        let members = metrics.membership.members
        let voters = members.filter { metrics.membership.isVoter($0.member) }
        add(.members, UInt64(voters.count), "voter")
        add(.members, UInt64(voters.filter(\.isWitness).count), "witness")
        add(.members, UInt64(members.count - voters.count), "learner")
        add(.membershipCommitted, metrics.isMembershipCommitted)
        let lease = metrics.leaseMilliseconds
        add(.lease, seconds: lease == .max ? .infinity : Double(lease ?? 0) / 1000)
        add(.diskFull, metrics.isDiskFull)
        add(.failed, metrics.failure != nil)
        add(.pendingProposals, UInt64(metrics.pendingProposals))
        add(.uncommitted, UInt64(metrics.uncommittedBytes))
        add(.queueDepth, UInt64(metrics.queues.inbox), "inbox")
        add(.queueDepth, UInt64(metrics.queues.reads), "reads")
        add(.queueDepth, UInt64(metrics.queues.writes), "writes")
        add(.queueDepth, UInt64(metrics.queues.machine), "machine")
        add(.openSessions, UInt64(metrics.openSessions))
    }

    private mutating func addPeers(_ statistics: RaftStatistics) {
        let metrics = statistics.metrics
        // A node may be there twice for a while, as what it was and as its next life: the later one counts.
        var peers: [NodeID: RaftMetrics.Peer] = [:]
        for peer in metrics.peers { peers[peer.id] = peer }
        for (id, peer) in peers.sorted(by: { $0.key < $1.key }) {
            let name = id.description
            add(.peerMatchIndex, peer.matchIndex.rawValue, name)
            add(.peerLag, UInt64(max(0, metrics.lastIndex - peer.matchIndex)), name)
            add(.peerInflight, UInt64(max(0, peer.inflightEntries)), name)
            for state in Self.peerStates { add(.peerState, peer.state == state, name, state) }
            if let silence = peer.lastContactMilliseconds {
                add(.peerLastContact, seconds: Double(silence) / 1000, name)
            }
            if let snapshot = peer.snapshot {
                add(.peerSnapshot, snapshot.bytes, name)
                add(.peerSnapshotAcknowledged, snapshot.acknowledgedBytes, name)
            }
        }
        for trips in statistics.roundTrips.sorted(by: { $0.peer < $1.peer }) {
            add(.peerRoundTrip, trips.nanoseconds, trips.peer.description)
        }
    }

    private mutating func addProposals(_ statistics: RaftStatistics) {
        add(.proposalsAccepted, statistics.proposals.accepted)
        add(.proposalsRejected, statistics.proposals.rejected)
        add(.proposalsUnknown, statistics.proposals.unknown)
        add(.proposeToCommit, statistics.proposeToCommit)
        add(.commitToApply, statistics.commitToApply)
        add(.entriesCommitted, statistics.entriesCommitted)
        add(.entriesApplied, statistics.entriesApplied)
        add(.reads, statistics.reads.linearizable, "linearizable")
        add(.reads, statistics.reads.lease, "lease")
        add(.reads, statistics.reads.follower, "follower")
        add(.reads, statistics.reads.bounded, "bounded")
        add(.reads, statistics.reads.stale, "stale")
        add(.readsFailed, statistics.reads.failed)
        add(.readConfirmation, statistics.readConfirmation)
        add(.storageCommit, statistics.storageCommit)
        add(.batchEntries, statistics.batchEntries)
        add(.batchBytes, statistics.batchBytes)
    }

    private mutating func addElectionsAndSnapshots(_ statistics: RaftStatistics) {
        add(.preVotes, statistics.elections.preVotes)
        add(.electionsStarted, statistics.elections.started)
        add(.electionsWon, statistics.elections.won)
        add(.leaderChanges, statistics.elections.leaderChanges)
        add(.snapshotsTaken, statistics.snapshots.taken)
        add(.snapshotsFailed, statistics.snapshots.failed)
        add(.snapshotsInstalled, statistics.snapshots.installed)
        add(.snapshotsDelivered, statistics.snapshots.delivered)
        add(.snapshotSent, statistics.snapshots.sentBytes)
        add(.snapshotReceived, statistics.snapshots.receivedBytes)
        add(.inboxDropped, statistics.inboxDropped)
    }

    private mutating func add(_ transport: TransportStatistics) {
        add(.transportSent, UInt64(transport.sent))
        add(.transportReceived, UInt64(transport.received))
        add(.transportDropped, UInt64(transport.dropped))
        add(.transportWrites, UInt64(transport.writes))
        add(.transportSentBytes, UInt64(transport.sentBytes))
        add(.transportReceivedBytes, UInt64(transport.receivedBytes))
        add(.transportConnections, UInt64(max(0, transport.connections)))
    }
}
