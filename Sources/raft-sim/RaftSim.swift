import ArgumentParser

@main
struct RaftSim: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "raft-sim", abstract: "Simulates clusters from seeds.")
}
