import FoundationEssentials
import RaftCore
import RaftMembership
import RaftNode
import RaftTracing
import Testing

/// Rule M10 for a node made from a configuration.
@Suite("A node and its mark", .timeLimit(.minutes(1)))
struct AmnesiaTests {
    private func configuration(_ directory: String, _ settings: [String] = []) throws -> NodeConfiguration {
        try load(
            """
            cluster: test
            node: { id: 1, data: \(directory)/data }
            members: ["1=unix:\(directory)/1.sock"]
            """, settings: settings)
    }

    /// One life as the only member, from start to shutdown.
    private func live(_ configuration: NodeConfiguration, _ directory: String, tracer: Tracer = .silent) async throws {
        let node = try await Node.start(configuration: configuration, registry: try builtins(), tracer: tracer)
        try await node.raft.bootstrap([1: "unix:\(directory)/1.sock"])
        await node.shutdown()
    }

    private func startError(_ configuration: NodeConfiguration) async throws -> StorageError {
        try await #require(throws: StorageError.self) {
            try await Node.start(configuration: configuration, registry: try builtins(), tracer: .silent)
        }
    }

    @Test("The mark is beside the data, or where the configuration says (M10)")
    func places() async throws {
        try await withTemporaryDirectory { directory in
            try await live(try configuration(directory), directory)
            #expect(FileManager.default.fileExists(atPath: "\(directory)/data.mark"))
            try FileManager.default.createDirectory(atPath: "\(directory)/other", withIntermediateDirectories: false)
            try FileManager.default.moveItem(atPath: "\(directory)/data.mark", toPath: "\(directory)/other/mark")
            try await live(try configuration(directory, ["node.mark=\(directory)/other/mark"]), directory)
            #expect(!FileManager.default.fileExists(atPath: "\(directory)/data.mark"))
        }
    }

    @Test("An older copy keeps a lone voter from starting, in one line, and nothing is left behind (M10)")
    func amnesia() async throws {
        try await withTemporaryDirectory { directory in
            let files = FileManager.default
            let configuration = try configuration(directory)
            try await live(configuration, directory)
            try files.copyItem(atPath: "\(directory)/data", toPath: "\(directory)/copy")
            try await live(configuration, directory)
            try files.moveItem(atPath: "\(directory)/data", toPath: "\(directory)/latest")

            try files.moveItem(atPath: "\(directory)/copy", toPath: "\(directory)/data")
            let older = try await startError(configuration)
            #expect(older.code == .amnesiac && Node.isAmnesia(older) && !older.message.contains("\n"))
            // It did not make the directory a sound one by trying.
            #expect(try await startError(configuration).code == .amnesiac)
            #expect(
                older.message.contains("it has seen 1 starts of 2") && older.message.contains("\(directory)/data.mark"))

            try files.removeItem(atPath: "\(directory)/data")
            try files.moveItem(atPath: "\(directory)/latest", toPath: "\(directory)/data")
            try await live(configuration, directory)
            #expect(!Node.isAmnesia(RaftError(.failed, "")) && !Node.isAmnesia(StorageError(.io, "")))
            #expect(Node.isAmnesia(RaftError(.amnesiac, "")))
        }
    }

    @Test("An emptied directory is said so, and the node goes on in another life, which waits to be taken in (M10)")
    func emptied() async throws {
        try await withTemporaryDirectory { directory in
            let configuration = try configuration(directory)
            try await live(configuration, directory)
            try FileManager.default.moveItem(atPath: "\(directory)/data", toPath: "\(directory)/latest")
            let sink = MemorySink()
            let node = try await Node.start(
                configuration: configuration, registry: try builtins(), tracer: Tracer(sink: sink, level: .warning))
            let metrics = await node.raft.metricsNow()
            #expect(metrics.cluster != nil && metrics.role == .follower && metrics.membership.isEmpty)
            await node.shutdown()
            let said = sink.events(of: .nodeAmnesiac)
            #expect(said.count == 1 && said.first?.message.contains("has run before as incarnation") == true)
            #expect(said.first?.message.contains("takes it in as a learner") == true)
            // The right data is as good as before.
            try FileManager.default.removeItem(atPath: "\(directory)/data")
            try FileManager.default.moveItem(atPath: "\(directory)/latest", toPath: "\(directory)/data")
            try await live(configuration, directory)
        }
    }

    @Test("A lost mark is made anew with a warning (M10)")
    func lostMark() async throws {
        try await withTemporaryDirectory { directory in
            let configuration = try configuration(directory)
            try await live(configuration, directory)
            try FileManager.default.removeItem(atPath: "\(directory)/data.mark")
            let sink = MemorySink()
            try await live(configuration, directory, tracer: Tracer(sink: sink, level: .warning))
            #expect(sink.events(of: .markMissing).count == 1)
            try await live(configuration, directory, tracer: Tracer(sink: sink, level: .warning))
            #expect(sink.events(of: .markMissing).count == 1)
        }
    }

    @Test("Where no mark can be kept, no node starts; nor may it be in the data directory (M10)")
    func impossiblePlaces() async throws {
        try await withTemporaryDirectory { directory in
            let missing = try await startError(try configuration(directory, ["node.mark=\(directory)/gone/mark"]))
            #expect(missing.code == .io && missing.message.contains("\(directory)/gone/mark"))
            #expect(!Node.isAmnesia(missing))
            #expect(
                try complaint("node: { id: 1, data: /d/1/, mark: /d/1/mark }\nmembers: ['1=unix:/a']")
                    .contains("must be apart from it"))
            let memory = try load(
                "node: { id: 1, mark: /d/1.mark }\nstorage: { module: memory }\nmembers: ['1=unix:/a']")
            #expect(memory.hints.contains { $0.key == "node.mark" && $0.isIgnored })
        }
    }
}
