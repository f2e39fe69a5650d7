import Foundation
import Testing

@Suite("The README")
struct ReadmeTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test("Its example is the one that is compiled, and has at most 20 lines")
    func example() throws {
        let readme = try String(contentsOf: Self.root.appendingPathComponent("README.md"), encoding: .utf8)
        let example = try String(
            contentsOf: Self.root.appendingPathComponent("Examples/Counter/Counter.swift"), encoding: .utf8)
        #expect(readme.contains("```swift\n\(example)```"))
        #expect(example.split(separator: "\n").count <= 20)
    }

    @Test("The configuration for one node by hand is accepted by the program")
    func node() async throws {
        let readme = try String(contentsOf: Self.root.appendingPathComponent("README.md"), encoding: .utf8)
        let start = try #require(readme.range(of: "<<'YAML'\n")).upperBound
        let end = try #require(readme.range(of: "\nYAML\n")).lowerBound
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(
            "readme-\(UInt32.random(in: 0 ... .max)).yaml")
        try readme[start..<end].write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let ran = try await Ran.program("raftd", ["check", "--config", file.path])
        #expect(ran.code == 0, "\(ran.error)")
    }
}
