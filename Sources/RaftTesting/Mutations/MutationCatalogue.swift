package import RaftCore

/// What became of a rule that was broken on purpose.
package struct MutationVerdict: Sendable {
    /// The property that did not hold; nil when nothing was noticed.
    package var property: String?
    /// How many seeds were run until then.
    package var seeds: Int
}

/// Which rules the simulator must notice when they are broken.
package enum MutationCatalogue {
    /// Not for the simulator, each for a reason; `SwitchTests` catches them on a single engine.
    package static let elsewhere: [Mutation] = [
        // Needs completions in another order than that of the writes, which the driver's writer never gives.
        .completionsInOrder,
        // Nothing of a newer release can be simulated by this one.
        .skipUnknownKind,
        // No safety rule: bounded work.
        .probeWithoutBackoff,
        // No membership changes yet, so nobody is superseded.
        .acceptSuperseded,
        // Whoever is amnesiac is kept away before a leader could notice (rule M10).
        .keepSuspectInQuorum,
    ]

    /// Rules whose breakage 200 short seeds do not show yet: gaps of the simulator, to be closed.
    package static let notYetCaught: [Mutation] = [
        .ignoreTermInReplies, .tearCommit, .commitEarlierTerm, .commitUnverified, .lateRoundConfirms,
        .readBeforeApplied, .succeedByIndex,
    ]

    package static let simulated = Mutation.allCases.filter { !elsewhere.contains($0) && !notYetCaught.contains($0) }

    /// Runs seeds until one fails.
    package static func judge(_ rule: Mutation, seeds: ClosedRange<UInt64> = 1...200) -> MutationVerdict {
        for (count, seed) in seeds.enumerated() {
            do {
                _ = try SeedRun.run(seed, requirements: .short, mutation: rule)
            } catch {
                return MutationVerdict(property: "\(error.property): \(error.what)", seeds: count + 1)
            }
        }
        return MutationVerdict(property: nil, seeds: seeds.count)
    }
}

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
}
