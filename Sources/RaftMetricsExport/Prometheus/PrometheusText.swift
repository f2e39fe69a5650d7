public import RaftCore

/// Prometheus' text format, version 0.0.4.
public enum PrometheusText {
    /// The value of the header `Content-Type`.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// What a node has to say, for whoever serves it in a server of their own.
    public static func render(_ statistics: RaftStatistics) -> String { render(MetricReport(statistics)) }

    package static func render(_ report: MetricReport) -> String {
        var text = ""
        text.reserveCapacity(1 << 15)
        for family in report.families {
            let metric = family.metric
            text += "# HELP \(metric.name) \(escape(metric.meaning, quotes: false))\n"
            text += "# TYPE \(metric.name) \(metric.kind.rawValue)\n"
            for sample in family.samples { write(sample, of: metric, to: &text) }
        }
        return text
    }

    private static func write(_ sample: MetricReport.Sample, of metric: Metric, to text: inout String) {
        let labels = zip(metric.labels, sample.labels).map { "\($0)=\"\(escape($1, quotes: true))\"" }
        func line(_ suffix: String, _ extra: String? = nil, _ value: String) {
            text += metric.name + suffix
            let all = extra.map { labels + [$0] } ?? labels
            if !all.isEmpty { text += "{" + all.joined(separator: ",") + "}" }
            text += " " + value + "\n"
        }
        switch sample.value {
        case .whole(let value): line("", nil, String(value))
        case .real(let value): line("", nil, number(value))
        case .histogram(let histogram):
            var below: UInt64 = 0
            for (bound, count) in zip(histogram.bounds, histogram.counts) {
                below &+= count
                line("_bucket", "le=\"\(metric.bound(bound))\"", String(below))
            }
            line("_bucket", "le=\"+Inf\"", String(histogram.count))
            line("_sum", nil, number(metric.inUnit(histogram.sum)))
            line("_count", nil, String(histogram.count))
        }
    }

    /// As Go reads it, which takes Swift's way of writing but for what is no number.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
    }

    /// - Parameter quotes: within them: of a label's value, and not of a help text.
    static func escape(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

extension Metric {
    /// A bucket's bound as its label has it.
    func bound(_ value: UInt64) -> String {
        PrometheusText.number(inUnit(value))
    }
}
