import RaftTesting
import Testing

/// The guide "Simulating a state machine and a storage of your own".
@Suite("The article about simulating")
struct ArticleTests {
    @Test("Its examples run, and stand in the tests word for word")
    func examples() async throws {
        let plan = SimulationPlan(seed: 1)
        let simulation = try Simulation(plan, workload: RegisterWorkload(keys: 2), requirements: .short)
        let report = try simulation.run()  // or throws `SimulationFailure`: property, what was seen, the seed
        #expect(report.completedOperations >= 100)

        let onJournals = try Simulation(
            plan, workload: RegisterWorkload(keys: 2), requirements: .short,
            storage: { _, files in try Journal(on: files) })
        #expect(try onJournals.run().completedOperations >= 100)

        let scenario = Scenario("Lose two followers, one after the other") { run in
            for follower in run.others(than: try await run.leader()).prefix(2) {
                try await run.cluster.kill(follower)
                try await run.serves("without node \(follower)")
                try await run.cluster.start(follower)
                try await run.catchesUp(follower)
            }
        }
        for seed in 1...5 as ClosedRange<UInt64> { try await scenario.simulate(seed: seed) }

        let cluster = try SimulatedScenarioCluster(seed: 7)
        for node in cluster.nodes { try await cluster.start(node) }
        try cluster.slowDisk(of: try await cluster.leader(), by: .seconds(1))
        try cluster.pass(.seconds(60))

        let article = try Article("Sources/RaftNode/Documentation.docc/Simulating.md")
        let folder = "Tests/RaftTestingTests/Simulation"
        let sources = try [Article("\(folder)/ArticleTests.swift"), Article("\(folder)/Journal.swift")]
        #expect(article.examples.count == 5)
        for example in article.examples {
            #expect(sources.contains { $0.holds(example) }, "not compiled as it stands:\n\(example)")
        }
    }
}
