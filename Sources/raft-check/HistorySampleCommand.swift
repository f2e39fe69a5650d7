import ArgumentParser
import RaftTesting

/// `raft-check sample`: a history that is linearizable by construction, to try and to measure the checker with.
struct HistorySampleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sample", abstract: "Prints a made-up history, linearizable unless a stale read is planted in it.")

    @Option(help: "The number of operations.")
    var operations = 20_000

    @Option(help: "The number of clients, each with one operation under way.")
    var clients = 50

    @Option(help: "The number of keys.")
    var keys = 1

    @Option(help: "How many values there are; without it, every write has its own.")
    var values: Int?

    @Option(help: "So many of a thousand operations never answer.")
    var lost: UInt64 = 10

    @Option(help: "So many of a thousand operations compare and set.")
    var swaps: UInt64 = 150

    @Option(help: "What decides everything else.")
    var seed: UInt64 = 1

    @Flag(help: "Plant one stale read.")
    var stale = false

    func validate() throws {
        guard (1...10_000_000).contains(operations) else { throw ValidationError("--operations is from 1 to 10000000") }
        guard (1...10_000).contains(clients) else { throw ValidationError("--clients is from 1 to 10000") }
        guard (1...1_000_000).contains(keys) else { throw ValidationError("--keys is from 1 to 1000000") }
        guard values.map({ (1...1_000_000).contains($0) }) ?? true else {
            throw ValidationError("--values is from 1 to 1000000")
        }
        guard lost <= 1000, swaps <= 1000 else { throw ValidationError("--lost and --swaps are from 0 to 1000") }
        guard !stale || values == nil else { throw ValidationError("--stale takes fresh values: leave out --values") }
    }

    func run() throws {
        var sample = SampleHistory()
        sample.operations = operations
        sample.clients = clients
        sample.keys = keys
        sample.values = values
        sample.lost = lost
        sample.swaps = swaps
        sample.seed = seed
        var history = sample.make()
        if stale {
            guard SampleHistory.plantStaleRead(in: &history) != nil else {
                throw ValidationError("no read in this history can be stale; take more --operations")
            }
        }
        var writer = HistoryWriter(comment: "raft-check sample, seed \(seed)")
        try writer.record(history)
        print(writer.drain(), terminator: "")
    }
}
