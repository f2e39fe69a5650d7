import Glibc
import RaftTesting
import Testing

/// The guide "Simulating a state machine of your own".
@Suite("The article about simulating")
struct ArticleTests {
    @Test("Its example runs, and stands here word for word")
    func example() throws {
        let plan = SimulationPlan(seed: 1)
        let simulation = try Simulation(plan, workload: RegisterWorkload(keys: 2), requirements: .short)
        let report = try simulation.run()  // or throws `SimulationFailure`: property, what was seen, the seed
        #expect(report.completedOperations >= 100)

        let article = try Self.text("Sources/RaftNode/Documentation.docc/Simulating.md")
        let here = try Self.text("Tests/RaftTestingTests/Simulation/ArticleTests.swift")
        let start = try #require(article.firstRange(of: "```swift\n")).upperBound
        let end = try #require(article[start...].firstRange(of: "\n```")).lowerBound
        let lines = article[start..<end].split(separator: "\n")
        #expect(lines.count == 3)
        for line in lines { #expect(here.contains("\n        \(line)\n"), "\(line)") }
    }

    private static func text(_ path: String) throws -> String {
        let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let file = try #require(fopen("/\(root)/\(path)", "r"), "no \(path)")
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        return String(decoding: bytes[..<fread(&bytes, 1, bytes.count, file)], as: UTF8.self)
    }
}
