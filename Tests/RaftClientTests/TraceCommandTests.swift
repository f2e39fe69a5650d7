import ArgumentParser
import Glibc
import NIOPosix
import RaftClient
import RaftCore
import RaftNode
import RaftTracing
import Testing

@testable import raftctl

@Suite("A node's trace levels and its flight recorder through the client's socket", .timeLimit(.minutes(1)))
struct TraceCommandTests {
    private func withServer(
        _ tracer: Tracer, _ body: (RaftClient, RaftAddress) async throws -> Void
    ) async throws {
        let server = ClientServer(
            service: FakeService(echo: true), eventLoop: MultiThreadedEventLoopGroup.singleton.next(), tracer: tracer,
            limits: ClientLimits())
        let bound = try await server.start(listening: [try FakeNode.freeAddress()])
        let client = RaftClient(endpoints: bound, timeout: .seconds(10))
        try await body(client, bound[0])
        await client.close()
        await server.shutdown()
    }

    @Test("Levels are shown, set for one module or for all, and a module that is none is named")
    func levels() async throws {
        let sink = MemorySink()
        let tracer = Tracer(sink: sink, level: .info)
        let transport = tracer.scoped(to: "transport")
        try await withServer(tracer.scoped(to: "clients")) { client, address in
            #expect(
                try await client.traceLevels()
                    == TraceLevels(
                        compiledIn: .trace,
                        modules: ["", "clients", "transport"].map { .init(name: $0, level: .info) }))
            let one = try await client.setTraceLevel(.debug, of: "transport")
            #expect(one.modules.map(\.level) == [.info, .info, .debug] && transport.level == .debug)
            let all = try await client.setTraceLevel(.warning)
            #expect(all.modules.map(\.level) == [.warning, .warning, .warning])
            let error = await #expect(throws: RaftClientError.self) {
                try await client.setTraceLevel(.debug, of: "nothing")
            }
            #expect(error?.code == .refused && error?.message.contains("clients, transport") == true)
            let command = try #require(
                try Raftctl.parseAsRoot(
                    ["trace", "--level", "notice", "--module", "clients", "--endpoint", "\(address)"])
                    as? TraceCommand)
            try await command.run()
            #expect(tracer.levels.map(\.level) == [.warning, .notice, .warning])
        }
        // The change itself is on the record, where its level lets it be.
        #expect(!sink.events(of: .levelChanged).isEmpty)
    }

    @Test("An endpoint that does not answer keeps nothing from the others")
    func deadEndpoints() async throws {
        let recorder = try FlightRecorder(events: 64, cluster: "demo", node: 3)
        let tracer = Tracer(sink: FanOutSink([]), level: .critical, recorder: recorder)
        tracer.notice(.nodeStarted, "1")
        let directory = "/tmp/raft.trace.\(UInt64.random(in: 0...0xFF_FFFF_FFFF))"
        mkdir(directory, 0o700)
        defer {
            unlink("\(directory)/3.trace")
            rmdir(directory)
        }
        let dead = try FakeNode.freeAddress()
        try await withServer(tracer) { _, address in
            func failure(_ arguments: String...) async throws -> Failure? {
                let endpoints = [dead, address, dead].flatMap { ["--endpoint", "\($0)"] }
                let command = try #require(
                    try Raftctl.parseAsRoot(["trace", "--timeout", "200ms"] + arguments + endpoints) as? TraceCommand)
                return await #expect(throws: Failure.self) { try await command.run() }
            }
            var status = try await failure("--level", "debug")?.status
            #expect(status == .unreachable && tracer.level == .debug)
            status = try await failure("--save", directory)?.status
            #expect(status == .unreachable)
            #expect(access("\(directory)/3.trace", F_OK) == 0)
        }
    }

    @Test("A recording comes in parts, and is what the recorder holds; without a recorder it is said how to get one")
    func recording() async throws {
        let recorder = try FlightRecorder(events: 2000, cluster: "demo", node: 3)
        let tracer = Tracer(sink: FanOutSink([]), level: .critical, recorder: recorder)
        for number in 0..<3000 { tracer.notice(.nodeStarted, "\(number)") }
        try await withServer(tracer) { client, _ in
            let recording = try FlightRecording(try await client.recording())
            #expect(recording.cluster == "demo" && recording.node == 3 && recording.unreadable == 0)
            let numbers = recording.events.map(\.number)
            // Serving records too.
            #expect(numbers.count >= 1900 && numbers == Array(numbers[0]...numbers[numbers.count - 1]))
            #expect(recording.events.contains { $0.kind == "raft.request.ended" && $0.module.isEmpty })
        }
        try await withServer(.silent) { client, _ in
            let error = await #expect(throws: RaftClientError.self) { try await client.recording() }
            #expect(error?.code == .notSupported && error?.message.contains("tracing.recorderEvents") == true)
        }
    }

    @Test(
        "Options that do not go together are refused in one line",
        arguments: [
            ["--module", "core"], ["--level", "info", "--dump"], ["--dump", "--merge", "a"], ["--level", "loud"],
        ])
    func options(_ arguments: [String]) {
        #expect(throws: (any Error).self) { _ = try Raftctl.parseAsRoot(["trace"] + arguments) }
    }
}
