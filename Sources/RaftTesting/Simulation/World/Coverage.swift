import RaftCore

/// What has to occur in a campaign, or the campaign proves less than it seems to: kinds of message and fault, changes of
/// role, ways in which calls end, paths that are seldom taken.
public enum CoveragePoint: Int, CaseIterable, Sendable {
    // Messages that arrived.
    case preVoteRequest, preVoteReply, voteRequest, voteReply, appendEntries, appendReply, heartbeat, heartbeatReply
    case timeoutNow, removed, installSnapshot, installSnapshotReply, logDamaged
    case formationQuery, formationAnswer, adopt, readIndex, readIndexReply
    // What the network did.
    case messageLost, messageDoubled, messageLate, messageClogged, messageBeforeStart
    // Changes of role.
    case becameFollower, becamePreCandidate, becameCandidate, becameLeader, leaderChanged, quorumLost
    // Configurations.
    case configurationAppended, jointEntered, jointLeft, memberLeft, becameRemoved, leaderLeft, votedInTransfer
    case changeDone, changeRefused, changeRejected, changeUnknown, transferDone, transferFailed
    // Snapshots.
    case snapshotTaken, snapshotInstalled, snapshotResumed, snapshotRestored, snapshotFailed, logPurged
    case snapshotDone, snapshotRefused
    // Logs.
    case conflict, truncation, readFromStorage, recoveredEntries, voteRefused
    // Calls.
    case proposalCommitted, proposalRejected, proposalUnknown, proposalOverloaded, proposalWithoutRoom
    case readAnswered, readFailed
    case leaseRead, leaseReadByRound, followerRead, staleRead, staleReadRefused, votesWithheld
    case callTimedOut
    // Client sessions.
    case sessionOpened, sessionRepeated, sessionRefused, sessionExpired
    // Clusters.
    case clusterFormed
    // Processes that came to an end by themselves, and starts that were refused, each with its explanation.
    case diskStalled
    // Disks without room: noticed, handed over for, and with room again.
    case diskFull, handedOverWithoutRoom, diskRoom
    case stoppedByDisk, stoppedByMachine, stoppedByDamage, rottenBodySent, damageRepaired, newLife, returned,
        refusedByPeer
    // Witnesses that voted for a leader, acknowledged an entry, installed a position; a former one that was to be more.
    case witnessVoted, witnessAcknowledged, witnessInstalled, otherCopy
    /// A server with nothing on it was called to form the cluster anew, and named who has a past.
    case refusedFormation
    // Crashes with a write under way.
    case crashKeptWrite, crashLostWrite, crashTornGroup
    // More damage than the rules repair: what was left was no quorum and only had to say so, or it was and went on.
    case tooFewLeft, enoughLeft
    // Faults.
    case faultCrash, faultCrashLeader, faultCrashAtEffect, faultCrashAll, faultRestart, faultPartition
    case faultPartitionLeader, faultCutOneWay, faultPartialPartition, faultClog, faultSlowLink, faultLoss
    case faultMinorityLeader, faultPromiserRestart, faultDeafTransfer
    case faultDuplication, faultReconnect, faultSlowDisk, faultHangingDisk, faultFailingSync, faultFullDisk
    case faultPause, faultPauseLeader, faultClockJump, faultClockDrift, faultMachineFailure, faultRot, faultWipe
    case faultChangeMembership, faultTransfer, faultStepDown, faultSnapshot, faultCompact
    case faultRollback, faultWipeWithMark, faultRollbackWithMark
    case faultRotUnnoticed, faultRotUnderRepair, faultRotStranded
}

extension CoveragePoint {
    /// A proposal was rejected.
    static func rejection(_ error: RaftError) -> CoveragePoint {
        switch error.code {
        case .overloaded: .proposalOverloaded
        case .diskFull: .proposalWithoutRoom
        default: .proposalRejected
        }
    }
}

/// How often each point occurred.
public struct Coverage: Sendable {
    private var counts: [Int]

    public init() { counts = [Int](repeating: 0, count: CoveragePoint.allCases.count) }

    public mutating func add(_ point: CoveragePoint, _ count: Int = 1) { counts[point.rawValue] += count }

    public subscript(_ point: CoveragePoint) -> Int { counts[point.rawValue] }

    public mutating func merge(_ other: Coverage) {
        for position in counts.indices { counts[position] += other.counts[position] }
    }

    /// Points that never occurred.
    public var missing: [CoveragePoint] { CoveragePoint.allCases.filter { self[$0] == 0 } }
}
