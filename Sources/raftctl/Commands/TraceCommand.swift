import ArgumentParser
import RaftClient
import RaftCore
import RaftMembership
import RaftTracing

/// `raftctl trace`
struct TraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Shows or changes what nodes record, and reads their flight recorders.",
        discussion: """
            Every endpoint is asked, each for itself; one that does not answer keeps nothing from the others. Without options the levels of each module are shown. --level \
            changes them until the node ends. --dump prints the last events of every level; --save writes them to \
            files, which --merge reads, as it reads those that a node left behind.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Option(
        name: .long,
        help: "Record this level and above from now on: trace, debug, info, notice, warning, error or critical.")
    var level: LevelArgument?

    @Option(name: .long, help: "With --level: of this module alone, such as transport.")
    var module: String?

    @Flag(name: .long, help: "Print what the flight recorders hold, on one timeline.")
    var dump = false

    @Option(name: .long, help: ArgumentHelp("Write each node's recording to NODE.trace there.", valueName: "directory"))
    var save: String?

    @Option(
        name: .long, parsing: .upToNextOption,
        help: ArgumentHelp(
            "Lay recordings on one timeline, and tell who led when and why that changed; asks nobody.",
            valueName: "file"))
    var merge: [String] = []

    func validate() throws {
        if module != nil, level == nil { throw ValidationError("--module goes with --level") }
        let chosen = [level != nil, dump, save != nil, !merge.isEmpty].count { $0 }
        if chosen > 1 { throw ValidationError("give one of --level, --dump, --save and --merge") }
    }

    func run() async throws {
        if !merge.isEmpty {
            let recordings = try merge.map { path throws(Failure) in try RecordingFile.read(path) }
            return try RecordingReport(recordings).show(global.output)
        }
        if dump || save != nil {
            var recordings: [FlightRecording] = []
            let answers = try await asking({ client throws(RaftClientError) in try await client.recording() })
            for bytes in answers.values {
                let recording = try RecordingFile.decode(bytes, "what the node answers")
                recordings.append(recording)
                if let save { try RecordingFile.write(bytes, to: "\(save)/\(recording.node).trace") }
            }
            if dump { try RecordingReport(recordings).show(global.output) }
            return try answers.checkThatAllAnswered()
        }
        let levels = try await asking { client throws(RaftClientError) in
            let status = try await client.status()
            let levels =
                if let level { try await client.setTraceLevel(level.level, of: module) } else {
                    try await client.traceLevels()
                }
            return (status.member.id, levels)
        }
        try LevelReport(nodes: levels.values).show(global.output)
        try levels.checkThatAllAnswered()
    }

    /// What those said that answered, and why others did not.
    private struct Answers<Value> {
        var values: [Value] = []
        var failures: [Failure] = []

        func checkThatAllAnswered() throws(Failure) {
            guard let last = failures.last else { return }
            for failure in failures.dropLast() { StandardOutput.writeError("raftctl: \(failure.message)\n") }
            throw last
        }
    }

    /// Every endpoint, one after the other.
    /// - Throws: when nobody answered.
    private func asking<Value>(
        _ body: (RaftClient) async throws(RaftClientError) -> Value
    ) async throws(Failure) -> Answers<Value> {
        var answers = Answers<Value>()
        for address in try global.endpoints() {
            let client = try global.client(for: [address], followsLeader: false)
            let result: Result<Value, RaftClientError>
            do throws(RaftClientError) {
                result = .success(try await body(client))
            } catch {
                result = .failure(error)
            }
            await client.close()
            switch result {
            case .success(let value): answers.values.append(value)
            case .failure(let error): answers.failures.append(Failure(error, isChange: false))
            }
        }
        if answers.values.isEmpty { try answers.checkThatAllAnswered() }
        return answers
    }
}
