import ArgumentParser
import RaftTesting

@main
struct RaftSim: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "raft-sim", abstract: "Simulates clusters from seeds.")
    @Option var seed: UInt64
    @Flag var trace = false
    @Option var count: UInt64 = 1

    func run() throws {
        for seed in seed..<seed + count {
            do {
                let report = try SeedRun.run(seed, trace: trace ? { print($0) } : nil)
                if count == 1 { print(report) } else { print(seed, report.time / 1_000_000_000, report.completedOperations, report.unknownOperations, report.faults, report.leaderChanges, report.events, String(report.fingerprint, radix: 16)) }
            } catch {
                print("FAILED", error, error.faults.count)
                if count == 1 { for f in error.faults.suffix(12) { print(f) } }
            }
        }
    }
}
