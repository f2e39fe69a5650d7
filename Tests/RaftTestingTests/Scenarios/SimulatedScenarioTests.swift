import RaftCore
import RaftMembership
import RaftTesting
import Testing

/// The simulated level: every scenario on worlds of many seeds, with all properties checked after each step.
@Suite("Simulated scenarios")
struct SimulatedScenarioTests {
    @Test(
        "Each scenario holds in simulated worlds of all kinds (§5.2, §5.4, §6, §7, §8, M3, M4, M6, M10, R1, S2, T1, V9, W1)",
        arguments: Scenario.all)
    func scenario(_ scenario: Scenario) async throws {
        for seed in UInt64(1)...6 {
            let report = try await scenario.simulate(seed: seed)
            #expect(report.answered > 100 && report.elections > 0, "seed \(seed): \(report)")
        }
    }

    @Test(
        "A seed gives the same history, bit for bit, again and again",
        arguments: [Scenario.restartAllAtOnce, .partAndPauseTheLeader, .compactUnderLoad, .emptyOneDisk])
    func replay(_ scenario: Scenario) async throws {
        let first = try await run(scenario, seed: 21)
        let second = try await run(scenario, seed: 21)
        #expect(first.history == second.history && first.fingerprint == second.fingerprint)
        #expect(first.history.count > 100)
        #expect(try await run(scenario, seed: 22).history != first.history)
    }

    private func run(
        _ scenario: Scenario, seed: UInt64
    ) async throws -> (history: [ScenarioRecord], fingerprint: UInt64) {
        let cluster = try SimulatedScenarioCluster(seed: seed)
        try await scenario.run(on: cluster, load: cluster.quietLoad)
        return (cluster.history.records, cluster.fingerprint)
    }

    @Test("A cluster that cannot serve is found out within simulated time, and the failure names scenario and seed")
    func standstill() async throws {
        let failure = await #expect(throws: ScenarioFailure.self) {
            try await Scenario("Nobody hears anybody") { run in
                for source in run.nodes {
                    for target in run.others(than: source) { try await run.cluster.cut(from: source, to: target) }
                }
            }.simulate(seed: 4)
        }
        #expect(
            failure?.kind == .overdue && failure?.message.contains("seed: 4") == true, "\(String(describing: failure))")
        #expect(failure?.message.contains("Nobody hears anybody") == true)
    }

    @Test("An election that nobody called for is found, where time is kept (T1)")
    func needlessElection() async throws {
        let failure = try await failure(of: .handOverLeadership) { cluster in
            var looks = 0
            cluster.tamperLeaders = { leaders in
                looks += 1
                guard looks > 1 else { return leaders }
                var more = leaders
                for term in 1001...1020 as ClosedRange<UInt64> { more[Term(term)] = [1] }
                return more
            }
        }
        #expect(failure?.kind == .needlessElection, "\(String(describing: failure))")
    }

    @Test("A member that has taken another's place is audited as every member is (§5.4.3)")
    func newcomerDiverges() async throws {
        let failure = try await failure(of: .replaceEveryMember) { cluster in
            cluster.tamperContents = { node, contents in
                if node == 4 { contents["shared/0"] = "of its own" }
            }
        }
        #expect(failure?.kind == .diverged, "\(String(describing: failure))")
    }

    @Test("A cluster without spare nodes is told so by a scenario that needs some")
    func noSpares() async throws {
        let cluster = try SimulatedScenarioCluster(seed: 1)
        let failure = await #expect(throws: ScenarioFailure.self) {
            try await Scenario.replaceEveryMember.run(on: cluster, load: cluster.quietLoad)
        }
        #expect(failure?.kind == .level, "\(String(describing: failure))")
    }

    private func failure(
        of scenario: Scenario, tampering: (TamperedCluster) -> Void
    ) async throws -> ScenarioFailure? {
        var options = ClusterOptions()
        options.spares = options.nodes
        let inner = try SimulatedScenarioCluster(seed: 5, options: options)
        let cluster = TamperedCluster(inner)
        tampering(cluster)
        return await #expect(throws: ScenarioFailure.self) {
            try await scenario.run(on: cluster, load: inner.quietLoad)
        }
    }

    #if TestBuild
        static let planted: [(Mutation, Scenario, ScenarioFailure.Kind)] = [
            (.readWithoutRound, .partAndPauseTheLeader, .notLinearizable),
            (.leadWithoutQuorum, .partitionTheLeaderAway, .property),
            (.acknowledgeBeforeDurable, .restartAllAtOnce, .property),
            (.grantVoteBeforePersist, .loseTheLeader, .property),
            (.applyTwice, .followerCannotReachLeader, .property),
            (.forgetVoteOnStepDown, .leaderCannotReachFollower, .property),
            (.leadFromOutside, .replaceEveryMember, .property),
            (.forgetDeparting, .growAndShrink, .property),
            (.transferToLaggard, .handOverLeadership, .property),
            (.acknowledgeUninstalled, .compactUnderLoad, .property),
            (.leaveReturnedOut, .emptyOneDisk, .overdue),
        ]

        @Test(
            "A rule that is broken on purpose is noticed (R1, V1, V3, V9, L10, C4, M4, M6, M10, S2, T1)",
            arguments: planted.indices)
        func mutation(position: Int) async throws {
            let (rule, scenario, kind) = Self.planted[position]
            for seed in UInt64(1)...20 {
                var options = ClusterOptions.scenario(seed: seed)
                options.configuration.mutation = rule
                do {
                    try await scenario.simulate(seed: seed, options: options)
                } catch let failure as ScenarioFailure {
                    #expect(failure.kind == kind, "\(failure)")
                    #expect(failure.message.contains("scenario: \(scenario.name); seed: \(seed)"), "\(failure)")
                    return
                }
            }
            Issue.record("\(rule) is not noticed by twenty seeds of “\(scenario)”")
        }
    #endif
}
