import RaftCore
import RaftMembership
import RaftTracing
import Synchronization
import Testing

@testable import RaftNode

@Suite("A node under a service manager", .timeLimit(.minutes(1)))
struct NodeServiceTests {
    private let gate = Gate()

    private func registry() throws -> ModuleRegistry {
        var registry = try builtins()
        try registry.register(MachineModule(name: "gated", version: "1") { [gate] _ in GatedMachine(gate: gate) })
        return registry
    }

    private func configuration(_ directory: String, _ settings: [String] = []) throws -> NodeConfiguration {
        try load(
            """
            cluster: test
            node: { id: 1, data: \(directory)/data }
            machine: { module: gated }
            members: ["1=unix:\(directory)/1.sock"]
            bootstrap: true
            """, settings: settings, registry: registry())
    }

    /// Runs a node for the length of `body`, with a watchdog so slow that signs of life come only when the test looks.
    private func withNode<Value: Sendable>(
        _ directory: String, _ manager: FakeServiceManager, settings: [String] = [], sink: MemorySink = MemorySink(),
        _ body: (Node) async throws -> Value
    ) async throws -> Value {
        let node = try await Node.start(
            configuration: try configuration(directory, settings), registry: try registry(),
            tracer: Tracer(sink: sink, level: .info),
            service: ServiceEnvironment(notifySocket: manager.path, watchdogInterval: 3_600_000_000_000))
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await node.run() }
            let value = try await body(node)
            group.cancelAll()
            try await group.waitForAll()
            return value
        }
    }

    @Test("says that it starts, serves, what its status is, and that it stops, in this order")
    func states() async throws {
        try await withTemporaryDirectory { directory in
            let manager = try FakeServiceManager(in: directory)
            try await withNode(directory, manager) { node in
                try await manager.wait(for: "STATUS=leader in term")
                try await manager.wait(for: "WATCHDOG=1")
            }
            try await manager.wait(for: "STOPPING=1")
            let states = manager.messages.map { $0.prefix { $0 != "\n" } }
                .filter { !$0.hasPrefix("STATUS=") && $0 != "WATCHDOG=1" }
            #expect(states == ["READY=1", "STOPPING=1"])
            #expect(manager.messages.first == "STATUS=opening its data")
        }
    }

    @Test("serves only when its machine is restored, and gets more time as long as it comes further")
    func recovery() async throws {
        try await withTemporaryDirectory { directory in
            let first = try FakeServiceManager(in: directory)
            try await withNode(directory, first) { node in
                try await first.wait(for: "STATUS=leader in term")
                for command in 1...3 as ClosedRange<UInt8> { _ = try await node.raft.propose([command]) }
            }
            gate.isOpen = false
            try await withTemporaryDirectory { other in
                let manager = try FakeServiceManager(in: other)
                try await withNode(directory, manager) { node in
                    try await until { gate.isHolding }
                    // Of the storage, which told it.
                    #expect(node.reporter.pulse.recovery > 0)
                    node.reporter.extendTimeout()
                    try await manager.wait(for: "EXTEND_TIMEOUT_USEC=60000000")
                    try await manager.wait(for: "STATUS=reading back and verifying its data: ")
                    // It hangs now.
                    for _ in 1...3 { node.reporter.extendTimeout() }
                    #expect(manager.messages.filter { $0.hasPrefix("EXTEND") }.count == 1)
                    #expect(!manager.messages.contains("READY=1"))
                    gate.isOpen = true
                    try await manager.wait(for: "READY=1")
                    node.reporter.extendTimeout()
                    #expect(manager.messages.filter { $0.hasPrefix("EXTEND") }.count == 1)
                }
            }
        }
    }

    @Test("that could not start says why")
    func failure() async throws {
        try await withTemporaryDirectory { directory in
            let manager = try FakeServiceManager(in: directory)
            await #expect(throws: (any Error).self) {
                try await withNode(directory, manager, settings: ["transport.listen=unix:\(directory)/no/such"]) { _ in
                }
            }
            try await manager.wait(for: "STATUS=", count: 2)
            #expect(manager.messages.last?.contains("\(directory)/no/such") == true)
        }
    }

    @Test("whose machine hangs gives no sign of life and says what hangs, until it moves again")
    func hanging() async throws {
        try await withTemporaryDirectory { directory in
            let manager = try FakeServiceManager(in: directory)
            let sink = MemorySink()
            try await withNode(directory, manager, sink: sink) { node in
                let reporter = node.reporter
                try await manager.wait(for: "WATCHDOG=1")
                let pulse = reporter.pulse
                // The beat that came with the first sign of life is answered.
                try await until { pulse.driver > 0 && pulse.storage > 0 && pulse.machine > 0 }
                try await manager.wait(for: "STATUS=leader in term")
                gate.isOpen = false
                async let output = node.raft.propose([7])
                try await until { gate.isHolding }
                let before = WatchdogRule.Reading(pulse)
                reporter.lookAtPulse()
                try await manager.wait(for: "WATCHDOG=1", count: 2)
                try await until { pulse.driver > before.driver && pulse.storage > before.storage }
                for _ in 1...3 { reporter.lookAtPulse() }
                let withheld = sink.events(of: .watchdogWithheld)
                #expect(withheld.count == 1 && withheld.first?.fields.contains(.reason("the machine")) == true)
                #expect(manager.messages.filter { $0 == "WATCHDOG=1" }.count == 2)

                gate.isOpen = true
                #expect(try await output == [7])
                try await until { pulse.machine > before.machine }
                reporter.lookAtPulse()
                try await manager.wait(for: "WATCHDOG=1", count: 3)
                #expect(sink.events(of: .watchdogResumed).count == 1)
            }
        }
    }

    @Test("tells its status again only when it changes")
    func status() async throws {
        try await withTemporaryDirectory { directory in
            let manager = try FakeServiceManager(in: directory)
            try await withNode(directory, manager) { node in
                try await manager.wait(for: "STATUS=leader in term")
                for _ in 1...5 { node.reporter.lookAtStatus() }
                // Behind the answers to all of these.
                _ = await node.raft.metricsNow()
                #expect(manager.messages.filter { $0.hasPrefix("STATUS=leader") }.count == 1)
            }
        }
    }

    // MARK: Reloading

    @Test("takes over what may change while it runs, and names what cannot")
    func reload() async throws {
        try await withTemporaryDirectory { directory in
            let manager = try FakeServiceManager(in: directory)
            let sink = MemorySink()
            try await withNode(directory, manager, sink: sink) { node in
                try await manager.wait(for: "READY=1")
                let settings = ["tracing.level=debug", "clients.drain=1s", "node.handover=0s", "raft.heartbeat=40ms"]
                let outcome = node.reload { try configuration(directory, settings) }
                #expect(Set(outcome.adopted) == ["tracing.level", "clients.drain", "node.handover"])
                #expect(outcome.deferred == ["raft.heartbeat"] && outcome.refusal == nil)
                #expect(outcome.description.contains("not before the next start: raft.heartbeat"))
                #expect(node.tracer.isEnabled(.debug))
                #expect(node.configuration.handover == 0 && node.configuration.clientsDrain == 1_000_000_000)
                #expect(sink.events(of: .configurationReloaded).map(\.message) == ["\(outcome)"])
                try await manager.wait(for: "READY=1", count: 2)
                let messages = manager.messages
                let begin = messages.firstIndex { $0.hasPrefix("RELOADING=1\nMONOTONIC_USEC=") }
                #expect(begin.map { $0 < (messages.lastIndex(of: "READY=1") ?? 0) } == true)

                // By hand meanwhile, and the file says nothing new.
                node.tracer.setLevel(.error)
                let again = node.reload { try configuration(directory, settings) }
                #expect(again.adopted == [] && again.deferred == ["raft.heartbeat"])
                #expect(!node.tracer.isEnabled(.debug))
            }
        }
    }

    @Test("goes on with a wrong file, and says so until the file is right")
    func wrongFile() async throws {
        try await withTemporaryDirectory { directory in
            let manager = try FakeServiceManager(in: directory)
            let sink = MemorySink()
            try await withNode(directory, manager, sink: sink) { node in
                try await manager.wait(for: "STATUS=leader in term")
                let outcome = node.reload { try configuration(directory, ["clients.drain=soon"]) }
                #expect(outcome.refusal?.contains("clients.drain") == true)
                #expect(sink.events(of: .configurationRefused).count == 1)
                try await until {
                    node.reporter.lookAtStatus()
                    return manager.messages.contains { $0.contains("configuration not reloaded: ") }
                }
                #expect(manager.messages.contains("READY=1"))
                _ = try await node.raft.propose([1])
                #expect(node.reload { try configuration(directory) }.description.hasSuffix("nothing has changed"))
                try await until {
                    node.reporter.lookAtStatus()
                    return manager.messages.last { $0.hasPrefix("STATUS=") }?.contains("not reloaded") == false
                }
            }
        }
    }
}
