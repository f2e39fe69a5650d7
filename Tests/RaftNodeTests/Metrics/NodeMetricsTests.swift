import CoreMetrics
import MetricsTestKit
import RaftCore
import RaftKeyValue
import RaftMembership
import RaftTracing
import Testing

@testable import RaftNode

@Suite("A node publishes its metrics", .timeLimit(.minutes(1)))
struct NodeMetricsTests {
    private func start(_ directory: String, _ settings: [String] = []) async throws -> Node {
        let configuration = try load(
            """
            cluster: test
            node: { id: 1 }
            storage: { module: memory }
            members: ["1=unix:\(directory)/1.sock"]
            bootstrap: true
            metrics: { listen: ["unix:\(directory)/m.sock"], interval: 100ms }
            """, settings: settings)
        return try await Node.start(configuration: configuration, registry: try builtins(), tracer: .silent)
    }

    @Test("where its configuration says, and stops with it")
    func served() async throws {
        try await withTemporaryDirectory { directory in
            let node = try await start(directory)
            try await node.raft.bootstrap([1: "unix:\(directory)/1.sock"])
            try await node.raft.wait(for: .role(.leader))
            for number in 0..<10 as Range<UInt8> {
                _ = try await node.raft.propose(try KeyValueMachine.encode(.put(key: [number], value: [])))
            }
            let address = try RaftAddress("unix:\(directory)/m.sock")
            let answer = try #require(try PlainSocket.ask("GET /metrics HTTP/1.1\r\n\r\n", at: address))
            #expect(answer.body.contains("\nraft_propose_to_commit_seconds_count 10\n"))
            #expect(answer.body.contains("\nraft_client_connections 0\n"))
            #expect(answer.body.contains("\nraft_info{cluster=\"test\","))
            await node.shutdown()
            #expect(throws: TransportError.self) { try PlainSocket(address) }
        }
    }

    @Test("to the backend of its program, while it runs")
    func backend() async throws {
        try await withTemporaryDirectory { directory in
            let backend = TestMetrics()
            let node = try await start(directory)
            await withMetricsFactory(backend) {
                let running = Task { try? await node.run() }
                while (try? backend.expectGauge("raft_role", [("node", "1"), ("role", "leader")]).lastValue) != 1 {
                    await Task.yield()
                }
                running.cancel()
                await running.value
            }
            #expect(!backend.counters(label: "raft_client_requests_total").isEmpty)
        }
    }

    @Test("nowhere when an address is taken, and leaves nothing behind")
    func taken() async throws {
        try await withTemporaryDirectory { directory in
            let first = try await start(directory)
            await #expect(throws: TransportError.self) {
                try await start(directory, ["transport.listen=unix:\(directory)/2.sock"])
            }
            await first.shutdown()
            await (try start(directory)).shutdown()
        }
    }

    @Test(
        "but not where they must not be",
        arguments: [
            ("unix:/a", "unix:/a is the address for members; metrics need another"),
            ("unix:/c", "unix:/c is the address for clients; metrics need another"),
            ("tcp:10.0.0.1:9000", "set metrics.allowInsecureTCP to true"),
            ("unix:/m,unix:/m", "unix:/m is given twice"), ("http://a", "“http://a”"),
        ])
    func refused(_ addresses: String, _ complaintOfIt: String) throws {
        let yaml = "node: { id: 1, data: /d }\nmembers: ['1=unix:/a']\nclients: { listen: ['unix:/c'] }"
        let line = try complaint(yaml, settings: ["metrics.listen=\(addresses)"])
        #expect(line.contains("metrics.listen") && line.contains(complaintOfIt), "\(line)")
        #expect(
            try load(yaml, settings: ["metrics.listen=tcp:10.0.0.1:9000", "metrics.allowInsecureTCP=true"])
                .metricsListen.count == 1)
    }
}
