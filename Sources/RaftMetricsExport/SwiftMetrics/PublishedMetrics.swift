import CoreMetrics
import RaftCore

/// The instruments of a backend, and what it was told by them last.
struct PublishedMetrics {
    private enum Instrument {
        case counter(any CounterHandler, UInt64)
        case sum(any FloatingPointCounterHandler, UInt64)
        case gauge(any RecorderHandler)
    }

    private let factory: any MetricsFactory
    private let dimensions: [(String, String)]
    /// By name and the values of labels.
    private var instruments: [[String]: Instrument] = [:]
    /// Of the report at hand.
    private var seen: Set<[String]> = []

    init(factory: any MetricsFactory, dimensions: [(String, String)]) {
        self.factory = factory
        self.dimensions = dimensions
    }

    mutating func publish(_ report: MetricReport) {
        seen = []
        for family in report.families {
            for sample in family.samples { publish(sample, of: family.metric) }
        }
        // What is not there any more, such as a peer that left.
        for key in instruments.keys where !seen.contains(key) {
            if let instrument = instruments.removeValue(forKey: key) { destroy(instrument) }
        }
    }

    private mutating func publish(_ sample: MetricReport.Sample, of metric: Metric) {
        let labels = Array(zip(metric.labels, sample.labels))
        switch sample.value {
        case .whole(let value) where metric.kind == .counter: count(value, metric.name, labels)
        case .whole(let value): show(Double(value), metric.name, labels)
        case .real(let value): show(value, metric.name, labels)
        case .histogram(let histogram):
            var below: UInt64 = 0
            for (bound, bucket) in zip(histogram.bounds, histogram.counts) {
                below &+= bucket
                count(below, metric.name + "_bucket", labels + [("le", metric.bound(bound))])
            }
            count(histogram.count, metric.name + "_bucket", labels + [("le", "+Inf")])
            count(histogram.count, metric.name + "_count", labels)
            sum(histogram.sum, of: metric, labels)
        }
    }

    private mutating func count(_ value: UInt64, _ name: String, _ labels: [(String, String)]) {
        let key = see(name, labels)
        let handler: any CounterHandler
        var last: UInt64 = 0
        if case .counter(let known, let told)? = instruments[key] {
            (handler, last) = (known, told)
        } else {
            handler = factory.makeCounter(label: name, dimensions: dimensions + labels)
        }
        // Reports of two looks at once may come in any order.
        if value > last { handler.increment(by: Int64(clamping: value - last)) }
        instruments[key] = .counter(handler, max(value, last))
    }

    private mutating func sum(_ value: UInt64, of metric: Metric, _ labels: [(String, String)]) {
        let name = metric.name + "_sum"
        let key = see(name, labels)
        let handler: any FloatingPointCounterHandler
        var last: UInt64 = 0
        if case .sum(let known, let told)? = instruments[key] {
            (handler, last) = (known, told)
        } else {
            handler = factory.makeFloatingPointCounter(label: name, dimensions: dimensions + labels)
        }
        if value > last { handler.increment(by: metric.inUnit(value - last)) }
        instruments[key] = .sum(handler, max(value, last))
    }

    private mutating func show(_ value: Double, _ name: String, _ labels: [(String, String)]) {
        let key = see(name, labels)
        let handler: any RecorderHandler
        if case .gauge(let known)? = instruments[key] {
            handler = known
        } else {
            handler = factory.makeRecorder(label: name, dimensions: dimensions + labels, aggregate: false)
            instruments[key] = .gauge(handler)
        }
        handler.record(value)
    }

    private mutating func see(_ name: String, _ labels: [(String, String)]) -> [String] {
        let key = [name] + labels.map(\.1)
        seen.insert(key)
        return key
    }

    private func destroy(_ instrument: Instrument) {
        switch instrument {
        case .counter(let handler, _): factory.destroyCounter(handler)
        case .sum(let handler, _): factory.destroyFloatingPointCounter(handler)
        case .gauge(let handler): factory.destroyRecorder(handler)
        }
    }
}
