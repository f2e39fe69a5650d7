import CoreMetrics
import MetricsTestKit
import RaftCore
import RaftMembership
import RaftMemory
import RaftNode
import Synchronization
import Testing

@testable import RaftMetricsExport

@Suite("Metrics go to the backend that a program has bootstrapped", .timeLimit(.minutes(1)))
struct MetricsExporterTests {
    @Test("Counters are raised by what came since, gauges show the present, histograms are counters by bucket")
    func values() async throws {
        let backend = TestMetrics()
        let reports = Mutex<[MetricReport]>([])
        let exporter = RaftMetricsExporter(dimensions: [("node", "1")], factory: backend) {
            reports.withLock { $0.removeFirst() }
        }
        var histogram = RaftHistogram(bounds: [1_000_000_000, 2_000_000_000])
        for round in 1...3 as ClosedRange<UInt64> {
            histogram.record(500_000_000)
            histogram.record(4_000_000_000, times: 2)
            var report = MetricReport()
            report.add(.proposalsAccepted, 10 * round)
            report.add(.commitIndex, 100 * round)
            report.add(.proposeToCommit, .histogram(histogram))
            reports.withLock { $0.append(report) }
            await exporter.export()
        }
        let node = [("node", "1")]
        let accepted = try backend.expectCounter("raft_proposals_accepted_total", node)
        #expect(accepted.values == [10, 10, 10])
        #expect(try backend.expectGauge("raft_commit_index", node).values == [100, 200, 300])
        for (le, count) in [("1", 3), ("2", 3), ("+Inf", 9)] as [(String, Int64)] {
            let bucket = try backend.expectCounter("raft_propose_to_commit_seconds_bucket", node + [("le", le)])
            #expect(bucket.totalValue == count, "\(le)")
        }
        #expect(try backend.expectCounter("raft_propose_to_commit_seconds_count", node).totalValue == 9)
        // The backend of tests has no counters of floating point: they are rounded to whole seconds there.
        #expect(try backend.expectCounter("raft_propose_to_commit_seconds_sum", node).totalValue == 25)
    }

    @Test("What is gone is given up: a peer that left")
    func gone() async throws {
        let backend = TestMetrics()
        let peers = Mutex<[String]>(["2", "3"])
        let exporter = RaftMetricsExporter(dimensions: [], factory: backend) {
            var report = MetricReport()
            for peer in peers.withLock({ $0 }) {
                report.add(.peerMatchIndex, 5, peer)
                report.add(.peerRoundTrip, .histogram(RaftHistogram(bounds: [1])), [peer])
            }
            return report
        }
        await exporter.export()
        #expect(backend.recorders(label: "raft_peer_match_index").count == 2)
        let before = backend.counters.count
        peers.withLock { $0 = ["3"] }
        await exporter.export()
        #expect(backend.recorders(label: "raft_peer_match_index").map { $0.dimensions.map(\.1) } == [["3"]])
        #expect(backend.counters.count < before)
    }

    @Test("A late report takes nothing back")
    func late() async throws {
        let backend = TestMetrics()
        let values = Mutex<[UInt64]>([5, 3, 6])
        let exporter = RaftMetricsExporter(dimensions: [], factory: backend) {
            var report = MetricReport()
            report.add(.proposalsAccepted, values.withLock { $0.removeFirst() })
            return report
        }
        for _ in 0..<3 { await exporter.export() }
        #expect(try backend.expectCounter("raft_proposals_accepted_total").totalValue == 6)
    }

    @Test("With `Raft` alone it publishes everything, by node, until its task is cancelled")
    func embedded() async throws {
        let backend = TestMetrics()
        let network = MemoryNetwork()
        let raft = try await Raft.start(Register(), as: 7, storage: .memory, transport: .memory("7", on: network))
        try await raft.bootstrap([7: "memory:7"])
        try await raft.wait(for: .role(.leader))
        for number in 1...20 { _ = try await raft.propose(number) }
        let exporter = RaftMetricsExporter(raft, factory: backend)
        let task = Task { await exporter.run(every: .seconds(3600)) }
        let node = [("node", "7")]
        while backend.counters(label: "raft_proposals_accepted_total").first?.totalValue != 20 { await Task.yield() }
        task.cancel()
        await task.value
        #expect(try backend.expectCounter("raft_propose_to_commit_seconds_count", node).totalValue == 20)
        let role = try backend.expectGauge("raft_role", node + [("role", "leader")])
        #expect(role.lastValue == 1)
        // All of the table that a cluster of one has.
        let published = Set(backend.counters.map(\.label) + backend.recorders.map(\.label))
        for metric in Metric.table where metric.source == .raft && metric.labels.first != "peer" {
            let name = metric.kind == .histogram ? metric.name + "_count" : metric.name
            #expect(published.contains(name), "\(name)")
        }
        await raft.shutdown()
    }
}
