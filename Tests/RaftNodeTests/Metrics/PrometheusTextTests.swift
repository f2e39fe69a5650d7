import RaftCore
import Testing

@testable import RaftMetricsExport

@Suite("Metrics are written as Prometheus reads them")
struct PrometheusTextTests {
    @Test("Families come in the order of the table, with help, type, labels and value")
    func text() {
        var report = MetricReport()
        report.add(.reads, 7, "lease")
        report.add(.reads, 0, "stale")
        report.add(.term, 3)
        report.add(.lease, seconds: 0.14)
        #expect(
            PrometheusText.render(report) == """
                # HELP raft_term The latest term that the node has seen
                # TYPE raft_term gauge
                raft_term 3
                # HELP raft_lease_seconds How long the leader's lease still stands, +Inf without end, 0 for none
                # TYPE raft_lease_seconds gauge
                raft_lease_seconds 0.14
                # HELP raft_reads_total Reads by the guarantee asked for
                # TYPE raft_reads_total counter
                raft_reads_total{guarantee="lease"} 7
                raft_reads_total{guarantee="stale"} 0

                """)
    }

    @Test("Buckets of a histogram are cumulative, its bounds and its sum in seconds")
    func histogram() {
        var histogram = RaftHistogram(bounds: [1000, 2500, 5_000_000_000])
        histogram.record(1000, times: 2)
        histogram.record(2000)
        histogram.record(7_000_000_000)
        var report = MetricReport()
        report.add(.peerRoundTrip, .histogram(histogram), ["2"])
        let lines = PrometheusText.render(report).split(separator: "\n").dropFirst(2)
        #expect(
            lines == [
                "raft_peer_round_trip_seconds_bucket{peer=\"2\",le=\"1e-06\"} 2",
                "raft_peer_round_trip_seconds_bucket{peer=\"2\",le=\"2.5e-06\"} 3",
                "raft_peer_round_trip_seconds_bucket{peer=\"2\",le=\"5\"} 3",
                "raft_peer_round_trip_seconds_bucket{peer=\"2\",le=\"+Inf\"} 4",
                "raft_peer_round_trip_seconds_sum{peer=\"2\"} 7.000004",
                "raft_peer_round_trip_seconds_count{peer=\"2\"} 4",
            ])
    }

    @Test("Labels cannot break out of their quotes")
    func escaping() {
        var report = MetricReport()
        report.add(.info, 1, "a\"b\\c\nd é", "", "1", "0")
        let line = PrometheusText.render(report).split(separator: "\n").last
        #expect(line == "raft_info{cluster=\"a\\\"b\\\\c\\nd é\",cluster_id=\"\",node=\"1\",incarnation=\"0\"} 1")
        #expect(PrometheusText.escape("a\"\\\n", quotes: false) == "a\"\\\\\\n")
    }

    @Test(
        "Numbers are those that Go reads",
        arguments: [
            (0.0, "0"), (5, "5"), (-3, "-3"), (0.001, "0.001"), (1e-6, "1e-06"), (.infinity, "+Inf"),
            (-.infinity, "-Inf"), (.nan, "NaN"), (1.5e300, "1.5e+300"),
        ])
    func numbers(_ value: Double, _ text: String) {
        #expect(PrometheusText.number(value) == text)
    }
}
