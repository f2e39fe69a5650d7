import ArgumentParser
import Glibc

/// Measures a cluster under a closed loop of clients, and what the machine would allow.
@main
struct RaftBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "raft-bench",
        abstract: "Measures a cluster under a closed loop of clients, and what the machine would allow.",
        discussion: "Each client has one operation outstanding. A warm-up of a fifth of the duration comes first. "
            + "Exit codes: 0 done, 1 failed, 64 usage.")

    @Option(help: "Where the nodes live: inprocess or processes.")
    var level = Level.inprocess
    @Option(help: "How many nodes, all of them voters.")
    var nodes = 3
    @Option(help: "What they write to: memory or lmdb.")
    var storage = StorageKind.memory
    @Option(help: "How they talk: memory (in one process only), unix or tcp.")
    var transport: TransportKind?
    @Option(help: "How many clients, each with one operation outstanding.")
    var clients = 1
    @Option(help: "Bytes of a command, or of a value with --level processes.")
    var size = 16
    @Option(help: "The share of operations that are linearizable reads, from 0 to 1.")
    var readRatio = 0.0
    @Option(help: "Seconds that are measured.")
    var duration: Double?
    @Option(
        help:
            "So many operations in place of seconds, in one process and without a warm-up: what they cost can be counted."
    )
    var operations: Int?
    @Option(help: "How many commands a client proposes in one call, with --operations.")
    var batch = 1
    @Option(
        help: "The lowest level that is traced. Without it none, or info with a sink; with processes what raftd has.")
    var traceLevel: TraceThreshold?
    @Option(
        help: """
            Where events go: none, memory, stderr, json, swift-log, journald (with processes), recorder (the flight recorder \
            alone), recorder-file (the same, mapped to a file) or raftd (stderr and recorder).
            """)
    var traceSink: TraceSinkKind?
    @Option(help: "A file for the lines of stderr, json, swift-log and raftd in one process. Without it /dev/null.")
    var traceOutput: String?
    @Option(help: "A directory for the nodes' files, which are left there. Without it they are temporary.")
    var data: String?
    @Option(help: "Where raftd is. Without it, beside this program.")
    var binaries: String?
    @Option(help: "How results are printed: text or json.")
    var output = OutputFormat.text
    @Flag(help: "Runs the standard table and prints it as Markdown.")
    var table = false
    @Flag(help: "Runs one row untraced, then with each sink at none, info and trace, and prints what is left of it.")
    var traceTable = false
    @Flag(help: "Measures what an event costs in the flight recorder.")
    var recorder = false
    @Flag(inversion: .prefixedNo, help: "Measures what the machine allows, too.")
    var limit = true

    /// Waits on the main thread, and not in libdispatch, as an asynchronous `main` would: under valgrind (3.19) the wait of
    /// libdispatch ends the program, and instructions could not be counted.
    static func main() {
        Task.detached { await runToEnd() }
        while true { pause() }
    }

    private static func runToEnd() async -> Never {
        do {
            try Cleanup.shared.watchSignals()
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            Glibc.exit(0)
        } catch {
            Cleanup.shared.run()
            let code = (error as? BenchError)?.isUsage == true ? 64 : exitCode(for: error).rawValue
            if code == 0 {
                print(message(for: error))
                Glibc.exit(code)
            }
            let reason = error is BenchError ? "\(error)" : message(for: error)
            let line = "raft-bench: " + reason.split(whereSeparator: \.isNewline).joined(separator: " ") + "\n"
            _ = line.withCString { write(STDERR_FILENO, $0, line.utf8.count) }
            Glibc.exit(code)
        }
    }

    func run() async throws {
        try require(
            [table, traceTable, recorder].count { $0 } <= 1, "choose one of --table, --trace-table and --recorder")
        try require(operations == nil || duration == nil, "--operations and --duration exclude each other: choose one")
        if recorder {
            print(try RecorderProbe(seconds: duration ?? 1).run().text(output))
            return
        }
        let runner = RowRunner(data: data, binaries: binaries, measuresLimit: limit)
        if table {
            try await StandardTable(duration: duration ?? 3, output: output).run(with: runner)
            return
        }
        var parameters = BenchParameters(
            level: level, nodes: nodes, storage: storage,
            transport: transport ?? (level == .inprocess ? .memory : .unix), clients: clients, size: size,
            readRatio: readRatio, duration: duration ?? (traceTable ? 2 : 5), operations: operations,
            batch: batch, tracing: TraceParameters(level, traceLevel, traceSink, traceOutput))
        if traceTable {
            try require(
                traceLevel == nil && traceSink == nil,
                "--trace-table has every level and sink: leave out --trace-level and "
                    + "--trace-sink")
            try require(
                traceOutput == nil || level == .inprocess, "--trace-output works in one process only: leave it out")
            parameters.tracing = TraceParameters()
            try await TraceTable(base: parameters, lines: traceOutput, output: output).run(with: runner)
            return
        }
        let row = try await runner.run(parameters)
        print(output == .json ? row.json : row.text)
    }

    private func require(_ holds: Bool, _ message: String) throws(BenchError) {
        if !holds { throw BenchError(message, isUsage: true) }
    }
}
