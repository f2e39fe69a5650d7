import FoundationEssentials
import Logging
import RaftCore
import RaftKeyValue
import RaftMembership
import RaftNode
import RaftTracing
import ServiceLifecycle
import Testing

@Suite("A node made from a configuration", .timeLimit(.minutes(1)))
struct NodeTests {
    private func configuration(_ directory: String, _ settings: [String] = []) throws -> NodeConfiguration {
        try load(
            """
            cluster: test
            node: { id: 1, data: \(directory)/data }
            clients: { listen: ["unix:\(directory)/c.sock"] }
            members: ["1=unix:\(directory)/1.sock"]
            bootstrap: true
            """, settings: settings)
    }

    /// The metrics that satisfy `condition`, however long it takes: the suite's time limit ends the wait.
    private func wait(
        for node: Node, until condition: (RaftMetrics) -> Bool
    ) async throws -> RaftMetrics {
        for await metrics in node.raft.metrics where condition(metrics) { return metrics }
        throw RegistryError("the node ended first")
    }

    @Test("forms its cluster, serves, shuts down with its task, and knows its cluster after a restart")
    func lifecycle() async throws {
        try await withTemporaryDirectory { directory in
            var cluster: ClusterID?
            for round in 1...2 {
                let node = try await Node.start(
                    configuration: try configuration(directory), registry: try builtins(), tracer: .silent)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await node.run() }
                    let metrics = try await wait(for: node) { $0.role == .leader && $0.appliedIndex == $0.lastIndex }
                    #expect(metrics.cluster != nil)
                    #expect(cluster == nil || cluster == metrics.cluster, "round \(round)")
                    cluster = metrics.cluster
                    let command = try KeyValueMachine.encode(.put(key: [1], value: [UInt8(round)]))
                    _ = try await node.raft.propose(command)
                    #expect(FileManager.default.fileExists(atPath: "\(directory)/c.sock"))
                    group.cancelAll()
                    try await group.waitForAll()
                }
                #expect(!FileManager.default.fileExists(atPath: "\(directory)/c.sock"))
            }
            let report = try builtins().storage("lmdb").inspection(of: "\(directory)/data")
            #expect(report.isIntact)
            #expect(report.node == 1)
            #expect(report.groups.first?.hardState?.cluster == cluster?.description)
            #expect(report.groups.first?.hardState?.startCounter == 2)
            #expect(report.groups.first?.membership.map(\.role) == ["voter"])
            #expect(report.text.contains("every checksum matches"))
            #expect(try report.json().contains("\"startCounter\" : 2"))
        }
    }

    @Test("shuts down when its service group is asked to")
    func gracefulShutdown() async throws {
        try await withTemporaryDirectory { directory in
            let sink = MemorySink()
            let node = try await Node.start(
                configuration: try configuration(directory, ["storage.module=memory"]),
                registry: try builtins(), tracer: Tracer(sink: sink, level: .info))
            let group = ServiceGroup(
                configuration: .init(services: [.init(service: node)], logger: .init(label: "test")))
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                _ = try await wait(for: node) { $0.role == .leader }
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
            #expect(sink.events(of: .nodeStopped).count == 1)
            #expect(await node.raft.waitUntilStopped() == nil)
        }
    }

    @Test("ends with the error of a machine that cannot go on (C7)")
    func failure() async throws {
        try await withTemporaryDirectory { directory in
            var registry = try builtins()
            try registry.register(MachineModule(name: "broken", version: "1") { _ in BrokenMachine() })
            let configuration = try load(
                "node: { id: 1 }\nmembers: ['1=unix:\(directory)/1.sock']\nbootstrap: true",
                settings: ["storage.module=memory", "machine.module=broken"], registry: registry)
            let node = try await Node.start(configuration: configuration, registry: registry, tracer: .silent)
            let error = try await withThrowingTaskGroup(of: RaftError?.self) { group in
                group.addTask {
                    do {
                        try await node.run()
                        return nil
                    } catch let error as RaftError {
                        return error
                    }
                }
                _ = try await wait(for: node) { $0.role == .leader }
                await #expect(throws: RaftError.self) { try await node.raft.propose([]) }
                return try await group.next() ?? nil
            }
            #expect(error?.code == .failed)
            #expect(error?.message.contains("out of order") == true)
        }
    }

    @Test("does not start where it must not, and leaves nothing behind")
    func startErrors() async throws {
        try await withTemporaryDirectory { directory in
            let registry = try builtins()
            let first = try await Node.start(
                configuration: try configuration(directory), registry: registry, tracer: .silent)
            let locked = await #expect(throws: StorageError.self) {
                try await Node.start(configuration: try configuration(directory), registry: registry, tracer: .silent)
            }
            #expect(locked?.code == .locked)
            await #expect(throws: TransportError.self, "the members' address is taken") {
                try await Node.start(
                    configuration: try configuration(directory, ["node.data=\(directory)/other"]), registry: registry,
                    tracer: .silent)
            }
            let elsewhere = ["node.data=\(directory)/third", "transport.listen=unix:\(directory)/3.sock"]
            await #expect(throws: TransportError.self, "the clients' address is taken") {
                try await Node.start(
                    configuration: try configuration(directory, elsewhere), registry: registry, tracer: .silent)
            }
            #expect(!FileManager.default.fileExists(atPath: "\(directory)/3.sock"))
            await first.shutdown()
            let foreign = await #expect(throws: StorageError.self) {
                try await Node.start(
                    configuration: try configuration(directory, ["cluster=another"]), registry: registry,
                    tracer: .silent)
            }
            #expect(foreign?.code == .foreign)
            #expect(foreign?.message.contains("\n") == false)
        }
    }

    @Test("that does not start leaves the recording of the one before where it was")
    func recordingOutlivesFailedStarts() async throws {
        try await withTemporaryDirectory { directory in
            let path = "\(directory)/1.trace"
            let settings = ["tracing.recorderFile=\(path)"]
            let registry = try builtins()
            func process(_ path: String) throws -> [UInt8] {
                Array(try Data(contentsOf: URL(fileURLWithPath: path)).prefix(256))
            }
            do {
                let node = try await Node.start(
                    configuration: try configuration(directory, settings), registry: registry)
                await node.shutdown()
            }
            let before = try process(path)
            for _ in 0..<2 {
                await #expect(throws: StorageError.self) {
                    try await Node.start(
                        configuration: try configuration(directory, settings + ["cluster=another"]), registry: registry)
                }
                #expect(try process(path) == before)
            }
        }
    }

    @Test("with history does not form a cluster again (M9)")
    func history() async throws {
        try await withTemporaryDirectory { directory in
            let first = try await Node.start(
                configuration: try configuration(directory), registry: try builtins(), tracer: .silent)
            let cluster = try await first.raft.bootstrap([1: "unix:\(directory)/1.sock"])
            await first.shutdown()

            let sink = MemorySink()
            let members = "members=1=unix:\(directory)/1.sock,2=unix:\(directory)/2.sock"
            let node = try await Node.start(
                configuration: try configuration(directory, [members]), registry: try builtins(),
                tracer: Tracer(sink: sink, level: .trace))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await node.run() }
                let metrics = try await wait(for: node) { $0.role == .leader }
                #expect(metrics.cluster == cluster)
                #expect(metrics.membership.members.count == 1)
                group.cancelAll()
                try await group.waitForAll()
            }
            #expect(sink.events(of: .formationRefused).isEmpty)
        }
    }
}

/// Fails at its first command.
private struct BrokenMachine: QueryableStateMachine {
    struct OutOfOrder: Error, CustomStringConvertible {
        var description: String { "out of order" }
    }

    mutating func apply(_ command: [UInt8]) throws -> [UInt8] { throw OutOfOrder() }
    static func encode(_ bytes: [UInt8]) -> [UInt8] { bytes }
    static func decode(_ bytes: UnsafeRawBufferPointer) throws -> [UInt8] { [UInt8](bytes) }
    func answer(_ query: [UInt8]) -> [UInt8] { query }
    static func decodeQuery(_ bytes: UnsafeRawBufferPointer) throws -> [UInt8] { [UInt8](bytes) }
}
