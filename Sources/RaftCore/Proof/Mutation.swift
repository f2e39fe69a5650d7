import RaftMembership

/// A rule that can be broken on purpose, to show that the tests notice: the mutation list.
///
/// A switch is compiled into test builds only (package trait `TestBuild`). In any other build `breaks` is the constant
/// false, and the optimiser leaves nothing of the branch. At most one rule is broken at a time, by the configuration of
/// the node, so that runs side by side do not disturb one another.
package enum Mutation: String, CaseIterable, Sendable {
    // Votes and terms.
    case grantVoteBeforePersist, requestVotesBeforePersist, forgetVoteOnStepDown, compareLogsByIndex, countLateVotes
    case adoptTermOnPreVote, countVoteTwice, singleVoterWaits, ignoreStickiness, leadWithoutQuorum
    case ignoreTermInReplies, leadAloneWithoutElection, raiseTermWithoutPersist
    // Log.
    case truncateWithoutConflict, trustHeartbeatCommit, keepSuspectInQuorum, conflictHintStays, tearCommit
    case goOnAfterFailedWrite, completionByIndex, acknowledgeBeforeDurable, leaderCountsItselfEarly
    case completionsInOrder, skipUnknownKind
    case campaignDamaged, voteByIntactLog, repairByTruncation, joinHistories
    // Commit and apply.
    case commitEarlierTerm, commitUnverified, commitBeforeCheck, countLearners, applyTwice
    case applyBeforeDurable, skipFailedCommand, serveBeforeNoOp
    // Progress.
    case assumeMatch, hintMovesMatch, acceptEarlierStream, leakInflight, probeWithoutBackoff, ignoreUncommittedCap
    // Reads.
    case readWithoutRound, lateRoundConfirms, forgetReadsOnStepDown, readBeforeApplied
    case leaseFromReceipt, ignoreDrift, leaseWithoutSecondLook, leaseFromMinority, forgetPromise
    case keepLeaseAfterTransfer, voteAfterRestart, readAtOwnCommit, ageFromLeader, answerUnconfirmed
    // Membership.
    case formWithoutAllAnswers, announceBeforeDurable, ignoreMark, acceptSuperseded
    case leaveReturnedOut, joinTheDead
    // Witnesses.
    case allowWitnessMajority, sendBodiesToWitness, mixCopies, campaignAsWitness, transferToWitness, readAtWitness
    case sendEarlyToWitness
    case changeBeforeNoOp, overlapChanges, leaveJointUnfinished, forgetDeparting, tellUncommittedRemoval
    case leadFromOutside, ignoreOldHalf, keepTruncatedConfiguration, campaignAfterRemoval
    // Snapshots.
    case acknowledgeUninstalled, restoreBeforeDurable, installOldSnapshot, forgetCompactedConfiguration
    case purgeUnderPeers
    // Transfer.
    case transferToLaggard, transferForEver
    case keepPriority
    // Disk.
    case leadWithHungDisk, reportBeforeCommit, retryFailedSync, skipChecksums
    case transferToFull, stayFull, writePastRefused
    // Proposals.
    case forgetAbandonedProposals, succeedByIndex
    // Client sessions.
    case applyRepeated, loseSessions, expireByLocalClock, executeExpired
    // The storage in LMDB.
    case commitWithoutSync, commitWithoutMetaSync, splitCommit, splitBatch, recoverUnverified, serveUnverified
    case ignoreDirtyFlag, writeAfterFailedCommit, ignoreFailedCommit, openWithoutLock, ignoreFullDisk
    case trustPageCache, trustNames, snapshotWithoutSync, forgetSnapshotBody
    // The way out of a lost quorum.
    case recoverInTwoCommits
    // The transport on sockets.
    case deliverBeforeGreeting, acceptOtherName, acceptOtherCluster, believeSender, deliverToFormerLife
    case carryAllWithoutCluster, ignoreObjections, skipFrameChecksum, unboundedFrames, admitAnyUser
    case unboundedQueue, keepForAbsentPeers, redialWithoutPause
}

extension RaftConfiguration {
    /// Whether this node breaks the rule on purpose. Always false but in test builds.
    @inline(__always)
    package func breaks(_ rule: Mutation) -> Bool {
        #if TestBuild
            mutation == rule
        #else
            false
        #endif
    }
}

extension RaftConfiguration {
    /// The quorum rule of a configuration (rule C3).
    @inline(__always)
    func quorum(of membership: Membership) -> Quorum {
        if breaks(.countLearners) { return Quorum(incoming: Array(membership.members.indices)) }
        if breaks(.ignoreOldHalf) { return Quorum(incoming: membership.quorum.incoming) }
        return membership.quorum
    }

    func isQuorum(_ quorum: Quorum, of membership: Membership) -> Bool {
        breaks(.countLearners) || breaks(.ignoreOldHalf)
            ? quorum == self.quorum(of: membership) : membership.hasQuorum(quorum)
    }
}

extension RaftEngine {
    @inline(__always)
    func breaks(_ rule: Mutation) -> Bool { configuration.breaks(rule) }
}
