/// The rows that are compared from release to release.
struct StandardTable: Sendable {
    /// Seconds of each row.
    var duration: Double
    var output: OutputFormat

    private var rows: [BenchParameters] {
        let memory = [1, 16, 64, 256, 1024, 4096].map {
            BenchParameters(clients: $0, size: 16, duration: duration)
        }
        let durable = [1, 16, 64, 256, 1024].map {
            BenchParameters(
                level: .processes, storage: .lmdb, transport: .unix, clients: $0, size: 256, duration: duration)
        }
        let reads = durable.map { row in
            var row = row
            row.readRatio = 1
            return row
        }
        return memory + durable + reads
    }

    /// Prints each row as soon as it is measured.
    func run(with runner: RowRunner) async throws {
        if output == .text {
            print("| " + Self.head.joined(separator: " | ") + " |")
            print("|" + Self.head.map { _ in "---|" }.joined())
        }
        for parameters in rows {
            let row = try await runner.run(parameters)
            print(output == .json ? row.json : Self.markdown(row))
            // Somebody watches, through a pipe perhaps.
            flush()
        }
    }

    private static let head = [
        "level", "storage", "transport", "bytes", "reads", "clients", "ops/s", "p50 µs", "p99 µs", "p99.9 µs", "errors",
        "limit/s", "of limit",
    ]

    private static func markdown(_ row: Row) -> String {
        let parameters = row.parameters
        let latency = row.measurement.latency
        func micros(_ nanoseconds: UInt64) -> String { Row.grouped(Double(nanoseconds) / 1000) }
        let cells = [
            parameters.level.rawValue, parameters.storage.rawValue, parameters.transport.rawValue,
            "\(parameters.size)", parameters.readRatio == 1 ? "all" : "none", "\(parameters.clients)",
            Row.grouped(row.measurement.operationsPerSecond), micros(latency.median), micros(latency.p99),
            micros(latency.p999), "\(row.measurement.errors)", Row.grouped(row.limit.operationsPerSecond),
            JSON.number(row.ratio * 100, 1).text + " %",
        ]
        return "| " + cells.joined(separator: " | ") + " |"
    }
}
