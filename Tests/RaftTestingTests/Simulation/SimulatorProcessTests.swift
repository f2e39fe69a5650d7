import Glibc
import RaftTesting
import Testing

/// The release program, where `RAFT_SIM` names it: `make test` builds it, and runs its slice and the mutation table.
@Suite("The simulator's program", .enabled(if: getenv("RAFT_SIM") != nil))
struct SimulatorProcessTests {
    private func run(_ arguments: String) throws -> (status: Int32, output: String) {
        try #require(ReleaseProgram("RAFT_SIM")).run(arguments)
    }

    @Test("A seed gives the same run in debug and in release", arguments: [3, 11] as [UInt64])
    func sameInRelease(seed: UInt64) throws {
        let here = try SeedRun.run(seed, requirements: .short)
        let there = try run("--seed \(seed) --short")
        #expect(there.output.contains("fingerprint \(String(here.fingerprint, radix: 16))"), "\(there.output)")
    }

    #if TestBuild
        @Test("The replay command that it prints last brings the narrowed failure back")
        func replayCommand() throws {
            let (status, output) = try run("--seed 3 --short --mutation forgetAbandonedProposals")
            let command = try #require(output.split(separator: "\n").last { $0.hasPrefix("replay: raft-sim ") })
            #expect(status == 1 && command.contains(" --faults ") && command.contains(" --until "), "\(output)")
            let narrowed = try #require(output.split(separator: "\n").first { $0.hasPrefix("narrowed down ") })
            let what = try #require(narrowed.firstRange(of: " ms: ").map { narrowed[$0.upperBound...] })
            let arguments = command.dropFirst("replay: raft-sim ".count).split(separator: " ").filter {
                $0 != "--trace"
            }
            let again = try run(arguments.joined(separator: " "))
            #expect(again.status == 1 && again.output.contains("FAILED \(what)"), "\(command)\n\(again.output)")
        }
    #endif

    @Test("Wrong options are refused with what would be right, and exit status 64")
    func wrongOptions() throws {
        for arguments in [
            "", "--seed 1 --seeds 1..2", "--seeds 1..2 --faults 1", "--seed 1 --faults 1,x", "--seeds 5..1",
            "--mutation nonsense --seed 1", "--jobs 0 --seed 1",
        ] {
            let (status, output) = try run(arguments)
            #expect(status == 64, "\(arguments): \(output)")
        }
    }
}
