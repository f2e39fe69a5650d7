import RaftMembership

/// What the driver counts in its own turns, so that a count is an addition. Nobody else writes it.
struct DriverTally {
    var accepted: UInt64 = 0
    var reads = RaftStatistics.Reads()
    var elections = RaftStatistics.Elections()
    var snapshots = RaftStatistics.Snapshots()
    var committed: UInt64 = 0
    private(set) var applied: UInt64 = 0
    private(set) var batchEntries = RaftHistogram.sizes
    private(set) var batchBytes = RaftHistogram.bytes
    private(set) var roundTrips: [RaftStatistics.RoundTrips] = []
    /// Up to here the machine has, or will have, the state of a snapshot.
    private var restoredThrough = LogIndex.zero

    mutating func read(_ kind: ReadKind) {
        switch kind {
        case .linearizable: reads.linearizable &+= 1
        case .lease: reads.lease &+= 1
        case .follower: reads.follower &+= 1
        case .stale: reads.bounded &+= 1
        case .anyAge: reads.stale &+= 1
        }
    }

    mutating func persisted(_ entries: EntryBatch) {
        guard !entries.isEmpty else { return }
        batchEntries.record(UInt64(entries.count))
        batchBytes.record(UInt64(entries.byteCount))
    }

    mutating func restores(through index: LogIndex) { restoredThrough = max(restoredThrough, index) }

    /// - Parameter earlier: what was applied before.
    mutating func applied(through index: LogIndex, after earlier: LogIndex) {
        let start = max(earlier, min(restoredThrough, index))
        if index > start { applied &+= UInt64(index - start) }
    }

    mutating func sent(_ message: Message) {
        if case .installSnapshot(let chunk) = message { snapshots.sentBytes &+= UInt64(chunk.bytes.count) }
    }

    mutating func note(_ event: EngineEvent) {
        switch event {
        case .electionStarted(_, isPreVote: true): elections.preVotes &+= 1
        case .electionStarted(_, isPreVote: false): elections.started &+= 1
        case .roleChanged(.leader, _): elections.won &+= 1
        case .leaderChanged(.some, _): elections.leaderChanges &+= 1
        case .snapshotTaken: snapshots.taken &+= 1
        case .snapshotFailed: snapshots.failed &+= 1
        case .snapshotInstalled: snapshots.installed &+= 1
        case .snapshotDelivered: snapshots.delivered &+= 1
        default: break
        }
    }

    mutating func roundTrip(_ nanoseconds: UInt64, to peer: NodeID) {
        // Of few peers: a search costs less than a table.
        if let known = roundTrips.firstIndex(where: { $0.peer == peer }) {
            roundTrips[known].nanoseconds.record(nanoseconds)
        } else {
            var histogram = RaftHistogram.durations
            histogram.record(nanoseconds)
            roundTrips.append(RaftStatistics.RoundTrips(peer: peer, nanoseconds: histogram))
        }
    }

    /// Who left is forgotten, so that what is kept is bounded.
    mutating func keepRoundTrips(of membership: Membership) {
        roundTrips.removeAll { trips in !membership.members.contains { $0.member.id == trips.peer } }
    }
}
