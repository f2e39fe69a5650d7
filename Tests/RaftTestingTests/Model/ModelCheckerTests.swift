import RaftCore
import RaftTesting
import Testing

/// Small explorations, in a debug build; `make test` runs larger ones in release.
@Suite("The model checker")
struct ModelCheckerTests {
    @Test("Three servers reach two elections, a conflicting suffix and its repair, and every property holds")
    func reach() throws {
        let report = try explore("led", ModelBudget(terms: 1, entries: 1), depth: 13)
        #expect(report.counterexample == nil, "\(report.counterexample?.description ?? "")")
        #expect(report.limit == .depth && report.depth == 13)
        for landmark in [ModelLandmark.twoElections, .conflictingSuffix, .repair, .commit, .proposal, .stepDown] {
            #expect(report.count(of: landmark) > 0, "no state with \(landmark.name)")
        }
    }

    @Test("Every root is sound, and what lies within a few events of it", arguments: [2, 3])
    func roots(nodes: Int) throws {
        for root in ModelRoot.all(nodes: nodes) {
            let budget = ModelBudget(
                terms: 2, entries: 1, losses: 1, duplicates: 1, crashes: 1, heartbeats: 1, reads: 1)
            let report = try explore(root.name, nodes: nodes, budget, depth: nodes == 2 ? 7 : 5)
            #expect(report.counterexample == nil, "\(report.counterexample?.description ?? "")")
            #expect(report.distinct > 10)
        }
    }

    @Test("Crashes, lost writes, answers out of order, duplicates, losses and reads occur, and harm nothing")
    func trouble() throws {
        let crashes = try explore("led", nodes: 2, ModelBudget(terms: 1, entries: 1, crashes: 1), depth: 9)
        #expect(crashes.counterexample == nil, "\(crashes.counterexample?.description ?? "")")
        #expect(crashes.count(of: .crash) > 0 && crashes.count(of: .lostWrite) > 0)
        #expect(crashes.count(of: .outOfOrderCompletion) > 0)
        let budget = ModelBudget(terms: 1, losses: 1, duplicates: 1, heartbeats: 2, reads: 1)
        let reads = try explore("led", nodes: 2, budget, depth: 9) { $0.inFlight = 1 }
        #expect(reads.counterexample == nil, "\(reads.counterexample?.description ?? "")")
        for landmark in [ModelLandmark.readAnswered, .readFailed, .duplicateDelivery, .loss] {
            #expect(reads.count(of: landmark) > 0, "no state with \(landmark.name)")
        }
    }

    @Test("A member is added, removed and replaced, with a crash, and every property holds (M1, M2, M3, M6)")
    func membership() throws {
        for root in ["add", "remove", "replace"] {
            let report = try explore(root, ModelBudget(terms: 0, crashes: 1, changes: 1), depth: 30) {
                $0.maximumStates = 30_000
            }
            #expect(report.counterexample == nil, "\(report.counterexample?.description ?? "")")
            #expect(report.count(of: .crash) > 0)
        }
        for root in ["add", "remove", "replace"] {
            let report = try explore(root, ModelBudget(terms: 0, changes: 1), depth: 40)
            #expect(report.counterexample == nil, "\(report.counterexample?.description ?? "")")
            for landmark in [ModelLandmark.jointEntered, .jointLeft] {
                #expect(report.count(of: landmark) > 0, "no state of \(root) with \(landmark.name)")
            }
        }
    }

    @Test("Leadership is handed over, whatever is lost or late, and every property holds (T1, T2)")
    func transfer() throws {
        let report = try explore("led", ModelBudget(terms: 0, entries: 1, transfers: 1), depth: 12)
        #expect(report.counterexample == nil, "\(report.counterexample?.description ?? "")")
        #expect(report.count(of: .transfer) > 0 && report.count(of: .twoElections) > 0)
    }

    @Test(
        "A disk that forgets is found out, a newer release's entry stops its reader, an earlier life is ignored (L3, L13, M7)"
    )
    func strangers() throws {
        let amnesia = try explore("led", ModelBudget(terms: 0, entries: 0, heartbeats: 1, amnesias: 1), depth: 6)
        #expect(amnesia.counterexample == nil, "\(amnesia.counterexample?.description ?? "")")
        #expect(amnesia.count(of: .amnesia) > 0 && amnesia.count(of: .suspect) > 0)
        let strangers = try explore("led", ModelBudget(terms: 1, entries: 1, strangers: 1), depth: 6)
        #expect(strangers.counterexample == nil, "\(strangers.counterexample?.description ?? "")")
        for landmark in [ModelLandmark.unknownKind, .emptyRequest] {
            #expect(strangers.count(of: landmark) > 0, "no state with \(landmark.name)")
        }
    }

    @Test("Two servers without trouble are explored to the end")
    func exhausted() throws {
        let report = try explore("empty", nodes: 2, ModelBudget(terms: 1, entries: 1), depth: 200)
        #expect(report.limit == .exhausted && report.counterexample == nil)
        #expect(report.count(of: .commit) > 0)
    }

    @Test("An exploration counts the same states again")
    func repeats() throws {
        let budget = ModelBudget(terms: 2, entries: 1, crashes: 1)
        let first = try explore("suffix", budget, depth: 7)
        let second = try explore("suffix", budget, depth: 7)
        #expect(first.states == second.states && first.distinct == second.distinct)
        #expect(first.landmarks == second.landmarks)
    }

    @Test("What is left out to save states changes nothing but their number")
    func reductions() throws {
        let budget = ModelBudget(terms: 2, entries: 1)
        let reduced = try explore("empty", budget, depth: 9)
        let whole = try explore("empty", budget, depth: 9) { $0.reducesSymmetry = false }
        // Three servers that nothing tells apart: almost every state has six names.
        #expect(whole.distinct > 4 * reduced.distinct && whole.distinct <= 6 * reduced.distinct)
        let remembering = try explore("empty", budget, depth: 9) { $0.forgetsDeadMessages = false }
        #expect(remembering.distinct >= reduced.distinct)
        for report in [reduced, whole, remembering] { #expect(report.counterexample == nil) }
        for position in reduced.landmarks.indices {
            #expect((reduced.landmarks[position] > 0) == (whole.landmarks[position] > 0))
            #expect((reduced.landmarks[position] > 0) == (remembering.landmarks[position] > 0))
        }
    }

    @Test("Servers that are taken for one state behave alike, whatever happens to them next")
    func identity() throws {
        let budgets = [
            ModelBudget(terms: 2, entries: 1, duplicates: 1, crashes: 1, heartbeats: 1),
            ModelBudget(terms: 1, entries: 1, heartbeats: 2, reads: 1),
        ]
        for (root, budget) in zip(["suffix", "led"], budgets) {
            let report = try explore(root, nodes: 2, budget, depth: 7) { $0.auditsIdentity = true }
            #expect(report.counterexample == nil, "\(report.counterexample?.description ?? "")")
            #expect(report.audits > 1000)
        }
    }

    @Test("A cap on states ends an exploration, which says so")
    func cap() throws {
        let report = try explore("led", ModelBudget(terms: 2, entries: 1), depth: 30) { $0.maximumStates = 500 }
        #expect(report.limit == .states && report.distinct == 500)
    }

    #if TestBuild
        @Test(
            "The model checker sees: a rule that is broken on purpose does not get past it",
            arguments: [
                Mutation.compareLogsByIndex, .commitUnverified, .lateRoundConfirms, .skipUnknownKind,
                .acceptSuperseded, .adoptTermOnPreVote, .grantVoteBeforePersist, .requestVotesBeforePersist,
                .sendEarlyToWitness, .sendBodiesToWitness, .campaignAsWitness, .transferToWitness, .readAtWitness,
                .mixCopies, .acknowledgeUninstalled, .restoreBeforeDurable, .installOldSnapshot,
                .forgetCompactedConfiguration,
            ])
        func canary(rule: Mutation) throws {
            let verdict = try #require(MutationCatalogue.explore(rule), "\(rule) (\(rule.rule)) survives")
            #expect(!verdict.isBlind)
        }

        @Test("A counterexample tells the root, each event, and the rule")
        func counterexample() throws {
            let trial = try #require(MutationCatalogue.modelled[.compareLogsByIndex])
            let text = try #require(try trial.run(.compareLogsByIndex).counterexample).description
            #expect(text.hasPrefix("from stale (server 1 wrote three entries"))
            #expect(text.contains("  1. the election timeout of server 1 passes"))
            #expect(text.contains("violated: leader completeness (§5.4)"))
        }

        @Test("Every rule whose breakage must be caught by a property has one that is asked")
        func catalogue() {
            for rule in Mutation.allCases where rule.isSafety {
                #expect(
                    MutationCatalogue.simulated.contains(rule) || MutationCatalogue.modelled[rule] != nil
                        || MutationCatalogue.modules[rule]?.contains("conformance, ") == true,
                    "\(rule) (\(rule.rule))")
            }
            for rule in Mutation.allCases {
                let isAsked =
                    MutationCatalogue.simulated.contains(rule) || MutationCatalogue.modelled[rule] != nil
                    || MutationCatalogue.tested[rule] != nil || MutationCatalogue.modules[rule] != nil
                #expect(isAsked, "nothing looks for \(rule)")
            }
        }
    #endif
}
