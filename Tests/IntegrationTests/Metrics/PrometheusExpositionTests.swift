import Testing

@Suite("The reader of Prometheus' format is strict")
struct PrometheusExpositionTests {
    private static let head = "# HELP a b\n# TYPE a gauge\n"

    @Test("What is in it is read, escapes included")
    func reads() throws {
        let read = try PrometheusExposition(
            Self.head
                + "a{x=\"1\\\\\\\"\\n\",y=\"\"} 1e-06\na +Inf\n# HELP c_total d e\n# TYPE c_total counter\nc_total 7\n")
        #expect(read["a", ["x": "1\\\"\n", "y": ""]] == 1e-6 && read["a"] == .infinity)
        #expect(read["c_total"] == 7 && read.rising.count == 1)
    }

    @Test(
        "What is malformed is refused",
        arguments: [
            "a 1\n", head, head + "a 1", head + "a 1\n\n", head + "a 1\n" + head + "a 2\n", head + "b 1\n",
            head + "a 1\na 2\n", head + "a  1\n", head + "a 1 17\n", head + "a x\n", head + "a{x=1} 1\n",
            head + "a{x=\"1} 1\n", head + "a{x=\"\\t\"} 1\n", head + "a{x=\"1\",x=\"2\"} 1\n", head + "a{x=\"1\" 1\n",
            head + "a{} 1\n", "# TYPE a gauge\na 1\n", "# HELP a b\na 1\n", "# HELP a b\n# TYPE a sum\na 1\n",
            "# HELP a b\n# TYPE a counter\na -1\n", "# HELP a\n# TYPE a gauge\na 1\n",
        ])
    func malformed(_ text: String) {
        #expect(throws: PrometheusExposition.Malformed.self) { try PrometheusExposition(text) }
    }

    private func histogram(_ buckets: [(String, Int)], sum: String = "3", count: Int = 2) -> String {
        let lines = buckets.map { "h_bucket{le=\"\($0)\"} \($1)\n" }.joined()
        return "# HELP h b\n# TYPE h histogram\n" + lines + "h_sum \(sum)\nh_count \(count)\n"
    }

    @Test("A histogram's buckets rise to its count, and have an end")
    func histograms() throws {
        let good = try PrometheusExposition(histogram([("1", 1), ("2", 1), ("+Inf", 2)]))
        #expect(good["h_bucket", ["le": "2"]] == 1 && good.rising.count == 5)
        for buckets in [
            [("1", 1), ("2", 0), ("+Inf", 2)], [("1", 1), ("2", 2)], [("1", 1), ("+Inf", 3)], [("+Inf", 2)],
        ] {
            #expect(throws: PrometheusExposition.Malformed.self) { try PrometheusExposition(histogram(buckets)) }
        }
        #expect(throws: PrometheusExposition.Malformed.self) {
            try PrometheusExposition(histogram([("1", 0), ("+Inf", 0)], sum: "3", count: 0))
        }
    }
}
