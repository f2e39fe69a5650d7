import ArgumentParser

@main
struct RaftCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "raft-check", abstract: "Checks histories for linearizability, and explores the engine.",
        subcommands: [HistoryCommand.self, HistorySampleCommand.self, ModelCommand.self])
}
