package import RaftCore

/// By what each broken rule must be noticed.
package enum MutationCatalogue {
    /// What the simulator cannot show, each for a reason. The model checker catches the safety rules among them.
    package static let notSimulated: [Mutation] = [
        // Needs completions in another order than that of the writes, which the driver's writer never gives.
        .completionsInOrder,
        // Nothing of a newer release can be simulated by this one.
        .skipUnknownKind,
        // Nobody comes back in another life yet, so nobody is superseded.
        .acceptSuperseded,
        // Whoever is amnesiac is kept away before a leader could notice (rule M10).
        .keepSuspectInQuorum,
        // This leader's requests always prove a follower's whole log; another's need not.
        .commitUnverified,
        // The answer holds all that any client was told: a leader answers for what it has applied.
        .readBeforeApplied,
        // Each takes an order of messages that seeds seldom give.
        .tellUncommittedRemoval, .commitEarlierTerm, .lateRoundConfirms, .ignoreTermInReplies,
        .completionByIndex,
        .readWithoutRound,
        // No safety rule: bounded work.
        .probeWithoutBackoff,
        // A second look: whatever is truncated was given up before.
        .succeedByIndex,
        // Those who do not answer are only away here: no administrator is at work beside a loss of data.
        .joinTheDead,
    ]

    /// Within a second or two each.
    package static let modelled: [Mutation: ModelTrial] = [
        .grantVoteBeforePersist: ModelTrial("empty", ModelBudget(terms: 1)),
        .requestVotesBeforePersist: ModelTrial("empty", ModelBudget(terms: 1)),
        .forgetVoteOnStepDown: ModelTrial("empty", ModelBudget(terms: 2)),
        .compareLogsByIndex: ModelTrial("stale", ModelBudget(terms: 1)),
        .countLateVotes: ModelTrial("empty", ModelBudget(terms: 2, entries: 1)),
        .adoptTermOnPreVote: ModelTrial("empty", ModelBudget(terms: 1)),
        .ignoreTermInReplies: ModelTrial("suffix", ModelBudget(terms: 2, entries: 1)),
        .keepSuspectInQuorum: ModelTrial("led", ModelBudget(terms: 1, entries: 1, heartbeats: 2, amnesias: 1)),
        .completionByIndex: ModelTrial("suffix", ModelBudget(terms: 2, entries: 1)),
        .completionsInOrder: ModelTrial("empty", ModelBudget(terms: 2, entries: 1)),
        .skipUnknownKind: ModelTrial("led", ModelBudget(terms: 1, strangers: 1)),
        .commitEarlierTerm: ModelTrial("figure8c", ModelBudget(terms: 1)),
        .commitUnverified: ModelTrial("overhang", ModelBudget(terms: 1, heartbeats: 1, strangers: 1)),
        .readBeforeApplied: ModelTrial("led", ModelBudget(terms: 1, entries: 1, heartbeats: 1, reads: 1)),
        .lateRoundConfirms: ModelTrial("deposed", ModelBudget(terms: 0, reads: 1)),
        .readWithoutRound: ModelTrial("deposed", ModelBudget(terms: 0, reads: 1)),
        .acceptSuperseded: ModelTrial("led", ModelBudget(terms: 1, entries: 1, strangers: 1)),
        .ignoreOldHalf: ModelTrial("replace", ModelBudget(terms: 1, changes: 1)),
        .keepTruncatedConfiguration: ModelTrial("remove", ModelBudget(terms: 1, changes: 1)),
        .tellUncommittedRemoval: ModelTrial("remove", ModelBudget(terms: 1, changes: 1)),
        .changeBeforeNoOp: ModelTrial("remove", ModelBudget(terms: 1, changes: 1)),
        .sendEarlyToWitness: ModelTrial("witness", ModelBudget(terms: 0, entries: 1)),
        .sendBodiesToWitness: ModelTrial("witness", ModelBudget(terms: 0, entries: 1)),
        .campaignAsWitness: ModelTrial("witness", ModelBudget(terms: 1)),
        .transferToWitness: ModelTrial("witness", ModelBudget(terms: 0, transfers: 1)),
        .readAtWitness: ModelTrial("witness", ModelBudget(terms: 0, reads: 1)),
        .mixCopies: ModelTrial("otherCopy", ModelBudget(terms: 0, changes: 1)),
        .acknowledgeUninstalled: ModelTrial("behind", ModelBudget(terms: 0)),
        .restoreBeforeDurable: ModelTrial("behind", ModelBudget(terms: 0)),
        .installOldSnapshot: ModelTrial("behind", ModelBudget(terms: 0, duplicates: 2)),
        .forgetCompactedConfiguration: ModelTrial("led", ModelBudget(terms: 0, crashes: 1, snapshots: 1)),
    ]

    /// Rules about bounded work, liveness and the like: a test that names them is enough.
    package static let tested: [Mutation: String] = [
        .probeWithoutBackoff: "SwitchTests",
        .succeedByIndex: "SwitchTests",
        .joinTheDead: "SwitchTests", .sendEarlyToWitness: "SwitchTests", .allowWitnessMajority: "SwitchTests",
    ]

    package static let simulated = Mutation.allCases.filter { !notSimulated.contains($0) && modules[$0] == nil }

    /// Asks everything that may notice it.
    package static func judge(_ rule: Mutation, seeds: ClosedRange<UInt64> = 1...1600) -> MutationVerdict {
        MutationVerdict(
            simulator: simulated.contains(rule) ? simulate(rule, seeds: seeds) : nil, model: explore(rule),
            suite: tested[rule] ?? modules[rule])
    }

    /// Runs seeds until one fails.
    package static func simulate(
        _ rule: Mutation, seeds: ClosedRange<UInt64>
    ) -> MutationVerdict.BySimulator? {
        for seed in seeds {
            do {
                _ = try SeedRun.run(seed, requirements: .short, mutation: rule)
            } catch {
                let isBlind = (try? SeedRun.run(seed, requirements: .short)) == nil
                return MutationVerdict.BySimulator(
                    property: "\(error.property): \(error.what)", seed: seed, isBlind: isBlind)
            }
        }
        return nil
    }

    package static func explore(_ rule: Mutation) -> MutationVerdict.ByModel? {
        guard let trial = modelled[rule], let report = try? trial.run(rule), let found = report.counterexample else {
            return nil
        }
        let sound = try? trial.run(nil, depth: report.depth + 1)
        return MutationVerdict.ByModel(
            property: "\(found.violation.property): \(found.violation.what)", root: trial.root, states: report.states,
            depth: found.events.count, isBlind: sound == nil || sound?.counterexample != nil)
    }
}
