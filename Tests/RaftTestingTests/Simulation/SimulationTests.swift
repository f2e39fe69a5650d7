import Glibc
import RaftCore
import RaftMembership
import RaftTesting
import Testing

/// Whole clusters from seeds, in this process and in a debug build; `SimulatorProcessTests` run the release program.
@Suite("Simulated clusters")
struct SimulationTests {
    @Test("A seed gives the same run, bit for bit, again and again", arguments: [1, 7] as [UInt64])
    func replay(seed: UInt64) throws {
        let first = try SeedRun.run(seed, requirements: .short)
        let second = try SeedRun.run(seed, requirements: .short)
        #expect(first.fingerprint == second.fingerprint && first.events == second.events)
        #expect(first.fingerprint != (try SeedRun.run(seed + 1, requirements: .short)).fingerprint)
    }

    @Test(
        "Clusters keep every property through faults of all kinds, and work again afterwards",
        arguments: 100...107 as ClosedRange<UInt64>)
    func slice(seed: UInt64) throws {
        do {
            let report = try SeedRun.run(seed, requirements: .short)
            #expect(report.completedOperations >= SimulationRequirements.short.operations)
            #expect(report.faults >= SimulationRequirements.short.faults)
        } catch {
            Issue.record("\(error)\nreplay: raft-sim --seed \(seed) --short --trace")
        }
    }

    @Test("A server whose data was emptied or has rotted takes no part, and says why (M10, D3)")
    func damage() throws {
        for kind in [FaultKind.wipe, .rot] {
            var coverage = Coverage()
            for seed: UInt64 in 1...2 {
                var options = ClusterOptions()
                options.nodes = 3
                var plan = SimulationPlan(seed: seed, options: options)
                plan.faults.removeAll { $0.kind == .wipe || $0.kind == .rollback || $0.kind == .rot }
                plan.faults[3].kind = kind
                let simulation = try Simulation(plan, workload: RegisterWorkload(keys: 2), requirements: .short)
                coverage.merge(try simulation.run().coverage)
            }
            #expect(coverage[kind == .rot ? .refusedDamage : .refusedAmnesia] > 0, "\(kind)")
        }
    }

    #if TestBuild
        @Test(
            "The simulator sees: a rule that is broken on purpose does not get past it",
            arguments: [
                Mutation.acknowledgeBeforeDurable, .grantVoteBeforePersist, .leaderCountsItselfEarly,
                .announceBeforeDurable,
                .applyTwice,
            ])
        func canary(rule: Mutation) {
            #expect(MutationCatalogue.simulate(rule, seeds: 1...10) != nil, "\(rule) (\(rule.rule)) survives 10 seeds")
        }
    #endif
}
