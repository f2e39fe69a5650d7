package import RaftCore

/// The metrics of one moment, ready to be published.
package struct MetricReport: Sendable {
    package enum Value: Hashable, Sendable {
        case whole(UInt64)
        case real(Double)
        case histogram(RaftHistogram)
    }

    package struct Sample: Hashable, Sendable {
        /// In the order of the metric's labels.
        package var labels: [String]
        package var value: Value
    }

    package struct Family: Sendable {
        package var metric: Metric
        package var samples: [Sample]
    }

    /// In the order of the table; none without samples.
    package var families: [Family] {
        Metric.table.compactMap { metric in
            samples[metric].map { Family(metric: metric, samples: $0) }
        }
    }

    private var samples: [Metric: [Sample]] = [:]

    package init() {}

    /// - Parameter labels: a value for each label of the metric.
    package mutating func add(_ metric: Metric, _ value: Value, _ labels: [String] = []) {
        precondition(labels.count == metric.labels.count, "\(metric.name) has other labels")
        samples[metric, default: []].append(Sample(labels: labels, value: value))
    }

    package mutating func add(_ metric: Metric, _ value: UInt64, _ labels: String...) {
        add(metric, .whole(value), labels)
    }

    package mutating func add(_ metric: Metric, _ value: Bool, _ labels: String...) {
        add(metric, .whole(value ? 1 : 0), labels)
    }

    package mutating func add(_ metric: Metric, seconds: Double, _ labels: String...) {
        add(metric, .real(seconds), labels)
    }

    mutating func add(_ metric: Metric, _ histogram: RaftHistogram, _ labels: String...) {
        add(metric, .histogram(histogram), labels)
    }
}
