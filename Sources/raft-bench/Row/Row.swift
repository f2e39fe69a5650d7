/// One measured row, and how it is printed.
struct Row: Sendable {
    var parameters: BenchParameters
    var measurement: Measurement
    var limit: Limit

    /// What was reached of what the machine allows.
    var ratio: Double {
        limit.operationsPerSecond > 0 ? measurement.operationsPerSecond / limit.operationsPerSecond : 0
    }

    /// Durable appends of the same bytes a second, one `fdatasync` to a batch, all nodes at once.
    private var durableAppends: Double? { limit.value("durable_appends_s") }

    /// Operations a second if a batch needed one round trip between two nodes and nothing else.
    private var roundTrips: Double? {
        let ways = ["peer_round_trip_blocking_us", "peer_round_trip_polling_us"].compactMap { limit.value($0) }
        guard let trip = ways.min(), let batch = limit.value("batch_operations") else { return nil }
        return batch / trip * 1e6
    }

    /// The limit with the two syncs that a copy-on-write tree needs one after the other, instead of one.
    private var paged: Double? { limit.value("paged_limit_ops_s") }

    private func ratio(to part: Double?) -> JSON {
        part.map { .number(measurement.operationsPerSecond / $0, 4) } ?? .null
    }

    /// One line. Latencies in microseconds.
    var json: String {
        let latency = measurement.latency
        let fields: [(String, JSON)] = [
            ("level", .text(parameters.level.rawValue)), ("nodes", .integer(parameters.nodes)),
            ("storage", .text(parameters.storage.rawValue)), ("transport", .text(parameters.transport.rawValue)),
            ("clients", .integer(parameters.clients)), ("size", .integer(parameters.size)),
            ("read_ratio", .number(parameters.readRatio, 4)), ("duration_s", .number(measurement.seconds, 3)),
            ("batch", .integer(parameters.batch)),
            ("trace_level", .text(parameters.tracing.threshold.defaultValueDescription)),
            ("trace_sink", .text(parameters.tracing.sink.rawValue)),
            ("operations", .integer(Int(latency.count))),
            ("ops_s", .number(measurement.operationsPerSecond, 1)),
            ("p50_us", .microseconds(latency.median)), ("p99_us", .microseconds(latency.p99)),
            ("p999_us", .microseconds(latency.p999)), ("max_us", .microseconds(latency.longest)),
            ("errors", .integer(measurement.errors)), ("first_error", measurement.firstError.map(JSON.text) ?? .null),
            ("cpu_s", .number(measurement.usage.processorSeconds, 3)),
            ("rss_bytes", measurement.usage.residentBytes.map { .integer(Int($0)) } ?? .null),
            ("fsyncs", measurement.usage.flushes.map { .integer(Int($0)) } ?? .null),
            ("fsyncs_counts", .text(parameters.storage == .lmdb ? "flushes of the block device, by whomever" : "none")),
            ("limit_ops_s", limit.isMeasured ? .number(limit.operationsPerSecond, 1) : .null), ("limit", limit.json),
            ("ratio", limit.isMeasured ? .number(ratio, 4) : .null),
            ("ratio_durable_appends", ratio(to: durableAppends)), ("ratio_round_trips", ratio(to: roundTrips)),
            ("ratio_paged", ratio(to: paged)),
        ]
        return JSON.object(fields).text
    }

    var text: String {
        let latency = measurement.latency
        let usage = measurement.usage
        var lines = [
            "\(parameters.level.rawValue), \(parameters.nodes) nodes, storage \(parameters.storage.rawValue), transport "
                + "\(parameters.transport.rawValue), \(parameters.clients) clients, \(parameters.size) bytes, reads "
                + "\(JSON.number(parameters.readRatio, 2).text), \(JSON.number(measurement.seconds, 1).text) s, tracing to "
                + parameters.tracing.text,
            "  operations  \(Row.grouped(measurement.operationsPerSecond))/s, errors \(measurement.errors)"
                + (measurement.firstError.map { ": \($0)" } ?? ""),
            "  latency     median \(Row.micros(latency.median)), 99 % \(Row.micros(latency.p99)), "
                + "99.9 % \(Row.micros(latency.p999)), longest \(Row.micros(latency.longest))",
            "  used        \(JSON.number(usage.processorSeconds, 2).text) s of processor, "
                + "\((usage.residentBytes ?? 0) >> 20) MiB, "
                + "\(usage.flushes.map { "\($0)" } ?? "unknown") flushes of the device",
        ]
        if limit.isMeasured {
            lines.append(
                "  limit       \(Row.grouped(limit.operationsPerSecond))/s, reached \(JSON.number(ratio * 100, 1).text) %"
            )
        }
        if let paged { lines.append("  limit with a tree's two syncs      " + Row.compared(measurement, paged)) }
        if let durableAppends {
            lines.append("  durable appends of the same bytes " + Row.compared(measurement, durableAppends))
        }
        if let roundTrips {
            lines.append("  round trips of the same bytes     " + Row.compared(measurement, roundTrips))
        }
        lines += limit.parts.map { "    \($0.name.padded(to: 34)) \($0.value.text)" }
        return lines.joined(separator: "\n")
    }

    private static func compared(_ measurement: Measurement, _ part: Double) -> String {
        "\(grouped(part))/s, reached \(JSON.number(measurement.operationsPerSecond / part * 100, 1).text) %"
    }

    /// `1,234,567`.
    static func grouped(_ value: Double) -> String {
        var digits = Array(String(Int(value.rounded())))
        var position = digits.count - 3
        while position > 0 {
            digits.insert(",", at: position)
            position -= 3
        }
        return String(digits)
    }

    static func micros(_ nanoseconds: UInt64) -> String { "\(grouped(Double(nanoseconds) / 1000)) µs" }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
