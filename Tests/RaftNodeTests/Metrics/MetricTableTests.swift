import FoundationEssentials
import RaftMembership
import RaftMemory
import RaftNode
import RaftTracing
import Testing

@testable import RaftCore
@testable import RaftMetricsExport

@Suite("The table of metrics is complete")
struct MetricTableTests {
    @Test("Names follow Prometheus' rules: a prefix, the unit, and _total for what only rises")
    func names() {
        #expect(Set(Metric.table.map(\.name)).count == Metric.table.count)
        for metric in Metric.table {
            #expect(metric.name.utf8.allSatisfy { (97...122).contains($0) || $0 == 95 }, "\(metric.name)")
            #expect(metric.name.hasPrefix("raft_") || metric.name == "process_start_time_seconds")
            #expect(metric.name.hasSuffix("_total") == (metric.kind == .counter), "\(metric.name)")
            let base = metric.kind == .counter ? String(metric.name.dropLast("_total".count)) : metric.name
            for unit in ["seconds", "bytes"] {
                #expect(base.hasSuffix("_" + unit) == (metric.unit == unit), "\(metric.name)")
            }
            #expect(
                !metric.meaning.isEmpty && !metric.meaning.hasSuffix(".") && metric.meaning.first?.isLowercase == false)
            #expect(!metric.labels.contains("le") && Set(metric.labels).count == metric.labels.count)
        }
    }

    @Test("All of it is published: by a leader whose peer is sent a snapshot, over a transport that counts, of a node")
    func complete() async throws {
        var raft = try await Self.statistics()
        raft.transport = TransportStatistics()
        raft.metrics.peers = [
            RaftMetrics.Peer(
                id: 2, matchIndex: 1, state: "snapshot", lastContactMilliseconds: 3, roundTripNanoseconds: 4,
                inflightEntries: 5, snapshot: RaftMetrics.Transfer(index: 6, bytes: 7, acknowledgedBytes: 8))
        ]
        raft.roundTrips = [RaftStatistics.RoundTrips(peer: 2, nanoseconds: .durations)]
        let published = MetricReport(raft).families.map(\.metric)
        #expect(published == Metric.table.filter { $0.source != .node })

        try await withTemporaryDirectory { directory in
            let configuration = try load(
                "node: { id: 1 }\nmembers: ['1=unix:\(directory)/s']\nstorage: { module: memory }\ntracing: { sink: memory }",
                registry: try Self.registry())
            let node = try await Node.start(configuration: configuration, registry: try Self.registry())
            let names = Set(await node.metricsReport().families.map(\.metric.name))
            let expected = Metric.table.filter { $0.labels.first != "peer" }.map(\.name)
            #expect(names == Set(expected))
            await node.shutdown()
        }
    }

    @Test("The documentation holds the table as it is")
    func article() throws {
        let path = packageDirectory + "/Sources/RaftNode/Documentation.docc/Metrics.md"
        let article = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        #expect(article.contains(Node.metricsTable), "copy the output of raftd plugins --metrics into Metrics.md")
        let rows = article.split(separator: "\n").filter { $0.hasPrefix("| `raft_") || $0.hasPrefix("| `process_") }
        #expect(rows.count == Metric.table.count, "and nothing beside it")
    }

    @Test("A node that was never heard from, and a lease without end, are told as Prometheus can")
    func absent() async throws {
        var raft = try await Self.statistics()
        raft.metrics.peers = [
            RaftMetrics.Peer(
                id: 2, matchIndex: 0, state: "probe", lastContactMilliseconds: nil, roundTripNanoseconds: nil,
                inflightEntries: 0)
        ]
        raft.metrics.leaseMilliseconds = .max
        let text = PrometheusText.render(raft)
        #expect(!text.contains("raft_peer_last_contact_seconds") && !text.contains("raft_peer_snapshot_bytes"))
        #expect(text.contains("\nraft_peer_state{peer=\"2\",state=\"probe\"} 1\n"))
        #expect(text.contains("\nraft_peer_state{peer=\"2\",state=\"replicate\"} 0\n"))
        #expect(text.contains("\nraft_lease_seconds +Inf\n") && text.contains("\nraft_role{role=\"leader\"} 1\n"))
    }

    /// Of a node that is a cluster of its own.
    private static func statistics() async throws -> RaftStatistics {
        let raft = try await Raft.start(
            Register(), as: 1, storage: .memory, transport: .memory("1", on: MemoryNetwork()))
        try await raft.bootstrap([1: "memory:1"])
        try await raft.wait(for: .role(.leader))
        let statistics = await raft.statistics()
        await raft.shutdown()
        return statistics
    }

    /// With a sink that counts what it drops.
    private static func registry() throws -> ModuleRegistry {
        var registry = try builtins()
        try registry.register(TraceSinkModule(name: "memory", version: "1") { _ in MemorySink() })
        return registry
    }
}

/// Remembers the last command.
struct Register: StateMachine, Codable {
    private(set) var value = 0
    var isInline: Bool { true }
    mutating func apply(_ command: Int) -> Int {
        value = command
        return value
    }
}
