import Glibc
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

        let article = try Self.text("Sources/RaftNode/Documentation.docc/Simulating.md")
        let folder = "Tests/RaftTestingTests/Simulation"
        let sources = try [Self.text("\(folder)/ArticleTests.swift"), Self.text("\(folder)/Journal.swift")]
            .map(Self.lines)
        let examples = article.split(separator: "```swift\n").dropFirst()
            .compactMap { $0.split(separator: "\n```", maxSplits: 1).first }
        #expect(examples.count == 5)
        for example in examples {
            let wanted = Self.lines(String(example))
            #expect(sources.contains { Self.holds($0, wanted) }, "not compiled as it stands:\n\(example)")
        }
    }

    /// Without indentation and empty lines.
    private static func lines(_ text: String) -> [Substring] {
        text.split(separator: "\n").map { $0.drop { $0 == " " } }.filter { !$0.isEmpty }
    }

    private static func holds(_ text: [Substring], _ part: [Substring]) -> Bool {
        guard !part.isEmpty, part.count <= text.count else { return false }
        return (0...text.count - part.count).contains { text[$0..<$0 + part.count].elementsEqual(part) }
    }

    private static func text(_ path: String) throws -> String {
        let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let file = try #require(fopen("/\(root)/\(path)", "r"), "no \(path)")
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        return String(decoding: bytes[..<fread(&bytes, 1, bytes.count, file)], as: UTF8.self)
    }
}
