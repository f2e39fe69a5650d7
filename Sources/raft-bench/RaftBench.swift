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
    @Option(help: "A directory for the nodes' files, which are left there. Without it they are temporary.")
    var data: String?
    @Option(help: "Where raftd is. Without it, beside this program.")
    var binaries: String?
    @Option(help: "How results are printed: text or json.")
    var output = OutputFormat.text
    @Flag(help: "Runs the standard table and prints it as Markdown.")
    var table = false

    static func main() async {
        do {
            try Cleanup.shared.watchSignals()
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
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
        let runner = RowRunner(data: data, binaries: binaries)
        if table {
            try await StandardTable(duration: duration ?? 3, output: output).run(with: runner)
            return
        }
        let parameters = BenchParameters(
            level: level, nodes: nodes, storage: storage,
            transport: transport ?? (level == .inprocess ? .memory : .unix), clients: clients, size: size,
            readRatio: readRatio, duration: duration ?? 5)
        let row = try await runner.run(parameters)
        print(output == .json ? row.json : row.text)
    }
}
