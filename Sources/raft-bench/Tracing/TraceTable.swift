import RaftTracing

/// One row untraced, and the same with each sink at each level that makes a difference: between `info` and `critical`
/// nothing happens in a cluster that is well.
///
/// The untraced row is measured again before each sink, since a machine is not equally fast all the time, and each row is
/// compared with the one before it. What the machine allows is measured once.
struct TraceTable: Sendable {
    /// Without tracing.
    var base: BenchParameters
    /// Where lines of text go; nil for /dev/null.
    var lines: String?
    var output: OutputFormat

    private static let thresholds: [TraceThreshold] = [.none, .from(.info), .from(.trace)]

    /// Prints each row as soon as it is measured.
    func run(with runner: RowRunner) async throws {
        try base.validate()
        if output == .text {
            print("| " + Self.head.joined(separator: " | ") + " |")
            print("|" + Self.head.map { _ in "---|" }.joined())
        }
        var runner = runner
        var limit = Limit.unmeasured
        for sink in TraceParameters.sinks(base.level) where sink != .none {
            var untraced = try await runner.run(base)
            if untraced.limit.isMeasured { limit = untraced.limit }
            untraced.limit = limit
            runner.measuresLimit = false
            show(untraced, untraced)
            for threshold in Self.thresholds where isOfItsOwn(threshold, sink) {
                var parameters = base
                parameters.tracing.sink = sink
                parameters.tracing.threshold = threshold
                if sink.writesText { parameters.tracing.output = lines }
                var row = try await runner.run(parameters)
                row.limit = limit
                show(row, untraced)
            }
        }
    }

    /// At level none a sink gets nothing, whichever it is: measured with the recorders, which get everything.
    private func isOfItsOwn(_ threshold: TraceThreshold, _ sink: TraceSinkKind) -> Bool {
        threshold != .none || sink.hasRecorder
    }

    private func show(_ row: Row, _ untraced: Row) {
        print(output == .json ? row.json : markdown(row, untraced))
        flush()
    }

    private static let head = [
        "sink", "level", "clients", "ops/s", "of untraced", "p50 µs", "p99 µs", "processor µs/op", "errors", "of limit",
    ]

    private func markdown(_ row: Row, _ untraced: Row) -> String {
        let measurement = row.measurement
        let latency = measurement.latency
        func micros(_ nanoseconds: UInt64) -> String { JSON.number(Double(nanoseconds) / 1000, 1).text }
        let ratio = measurement.operationsPerSecond / untraced.measurement.operationsPerSecond
        let processor = measurement.usage.processorSeconds / Double(max(1, latency.count)) * 1e6
        let tracing = row.parameters.tracing
        let cells = [
            tracing.isSilent ? "untraced" : tracing.sink.rawValue, tracing.threshold.defaultValueDescription,
            "\(row.parameters.clients)", Row.grouped(measurement.operationsPerSecond),
            JSON.number(ratio * 100, 1).text + " %", micros(latency.median), micros(latency.p99),
            JSON.number(processor, 2).text, "\(measurement.errors)",
            row.limit.isMeasured ? JSON.number(row.ratio * 100, 1).text + " %" : "",
        ]
        return "| " + cells.joined(separator: " | ") + " |"
    }
}
