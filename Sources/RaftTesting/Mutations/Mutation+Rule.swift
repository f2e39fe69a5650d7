package import RaftCore

extension Mutation {
    /// The rule that the switch breaks, by its id.
    package var rule: String {
        switch self {
        case .grantVoteBeforePersist: "V1"
        case .requestVotesBeforePersist: "V2"
        case .forgetVoteOnStepDown: "V3"
        case .compareLogsByIndex: "V4"
        case .countLateVotes: "V5"
        case .adoptTermOnPreVote: "V6"
        case .countVoteTwice: "V7"
        case .singleVoterWaits: "V8"
        case .ignoreStickiness, .leadWithoutQuorum, .ignoreTermInReplies: "V9"
        case .leadAloneWithoutElection: "V13"
        case .raiseTermWithoutPersist: "V14"
        case .truncateWithoutConflict: "L1"
        case .trustHeartbeatCommit, .keepSuspectInQuorum: "L3"
        case .conflictHintStays: "L6"
        case .tearCommit: "L7"
        case .goOnAfterFailedWrite: "L8"
        case .completionByIndex: "L9"
        case .acknowledgeBeforeDurable, .leaderCountsItselfEarly: "L10"
        case .completionsInOrder: "L11"
        case .skipUnknownKind: "L13"
        case .commitEarlierTerm: "C1"
        case .commitUnverified, .commitBeforeCheck: "C2"
        case .countLearners: "C3"
        case .applyTwice: "C4"
        case .applyBeforeDurable: "C6"
        case .skipFailedCommand: "C7"
        case .serveBeforeNoOp: "C8"
        case .assumeMatch, .hintMovesMatch: "P1"
        case .acceptEarlierStream: "P3"
        case .leakInflight: "P4"
        case .probeWithoutBackoff: "P5"
        case .ignoreUncommittedCap: "P8"
        case .readWithoutRound, .readBeforeApplied: "R1"
        case .lateRoundConfirms: "R2"
        case .forgetReadsOnStepDown: "R3"
        case .formWithoutAllAnswers, .announceBeforeDurable: "M9"
        case .ignoreMark: "M10"
        case .acceptSuperseded: "M7"
        case .reportBeforeCommit: "D1"
        case .retryFailedSync: "D2"
        case .skipChecksums: "D3"
        case .forgetAbandonedProposals: "W2"
        case .succeedByIndex: "W3"
        }
    }

    /// Whether the rule is one of those whose breakage must be caught by a property, not by a test that restates it
    /// (the head of the rules): votes, log, commit, snapshots, membership, reads, transfers, disk, witnesses.
    package var isSafety: Bool { "VLCSMRTDX".contains(rule.prefix(1)) }
}
