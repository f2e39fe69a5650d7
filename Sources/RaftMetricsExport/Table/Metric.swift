/// One metric: its name, and what it means.
package struct Metric: Hashable, Sendable {
    package enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    /// Who publishes it.
    package enum Source: Hashable, Sendable {
        /// Every `Raft`.
        case raft
        /// A `Raft` whose transport counts.
        case transport
        /// A node of `RaftNode`, such as `raftd`.
        case node
    }

    /// With its unit, as Prometheus has it.
    package let name: String
    package let kind: Kind
    package let source: Source
    /// What its values are counted in; empty for a state or a position.
    package let unit: String
    /// Names of labels.
    package let labels: [String]
    /// One sentence, without its full stop.
    package let meaning: String

    init(
        _ name: String, _ kind: Kind, in unit: String = "", labels: [String] = [], from source: Source = .raft,
        _ meaning: String
    ) {
        self.name = name
        self.kind = kind
        self.source = source
        self.unit = unit
        self.labels = labels
        self.meaning = meaning
    }

    // Names are unique.
    package static func == (one: Metric, other: Metric) -> Bool { one.name == other.name }
    package func hash(into hasher: inout Hasher) { hasher.combine(name) }

    /// A recorded value in the metric's unit: durations are recorded in nanoseconds. Divided, for a product with what has no
    /// exact form would not be what people expect to read.
    func inUnit(_ value: UInt64) -> Double { unit == "seconds" ? Double(value) / 1e9 : Double(value) }
}
