import ArgumentParser
import Dispatch
import Glibc
import RaftCore
import RaftTesting

/// `raft-sim`: whole clusters from seeds.
@main
struct RaftSim: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "raft-sim",
        abstract: "Runs simulated clusters of the production engine and driver, each from a seed, and checks them.",
        discussion:
            "Exits 0 when every property held, 1 with the property, the seed, the command that replays it and the "
            + "faults that matter when one did not.")

    @Option(help: ArgumentHelp("One seed.", valueName: "n"))
    var seed: UInt64?

    @Option(help: ArgumentHelp("Many seeds, both ends included.", valueName: "a..b"))
    var seeds: SeedRange?

    @Option(help: ArgumentHelp("Seeds run side by side.", valueName: "j"))
    var jobs = 2

    @Flag(help: "Run the seed twice, and fail when the two runs differ in anything.")
    var replay = false

    @Flag(help: "Print everything that happens, a line each.")
    var trace = false

    @Flag(help: "A tenth of the time, the operations and the faults.")
    var short = false

    @Option(help: ArgumentHelp("Let only these of the seed's faults strike, or none.", valueName: "n,n,…|none"))
    var faults: FaultSelection?

    @Option(help: ArgumentHelp("End trouble at this time, in simulated milliseconds.", valueName: "ms"))
    var until: UInt64?

    @Option(help: ArgumentHelp("Break this rule on purpose (test builds).", valueName: "name"))
    var mutation: String?

    @Flag(help: "Run every mutation until something catches it, print the table, fail when one survives (test builds).")
    var mutations = false

    func validate() throws {
        guard mutations || (seed == nil) != (seeds == nil) else {
            throw ValidationError("name one seed with --seed N, or many with --seeds A..B")
        }
        guard (1...64).contains(jobs) else { throw ValidationError("--jobs must be between 1 and 64") }
        guard !trace || seed != nil else { throw ValidationError("--trace needs --seed N") }
        guard faults == nil && until == nil || seed != nil else {
            throw ValidationError("--faults and --until need --seed N")
        }
        guard until.map({ $0 <= 1 << 40 }) ?? true else { throw ValidationError("--until is too far away") }
        #if !TestBuild
            if mutation != nil || mutations {
                throw ValidationError("mutations need a test build: swift build --traits default,TestBuild")
            }
        #endif
    }

    func run() throws {
        let rule = try mutation.map { name in
            guard let rule = Mutation(rawValue: name) else {
                let names = Mutation.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("there is no mutation \(name): choose one of \(names)")
            }
            return rule
        }
        let campaign = Campaign(requirements: short ? .short : .full, mutation: rule, jobs: jobs)
        let isSound: Bool
        if mutations {
            isSound = MutationTable.run(jobs: jobs)
        } else if let seed {
            let selection = SeedRun.Selection(faults: faults?.numbers, end: until.map { $0 * 1_000_000 })
            isSound = replay ? campaign.replay(seed, selection) : campaign.run(seed, selection, trace: trace)
        } else {
            isSound = campaign.run(seeds?.range ?? 1...1)
        }
        if !isSound { throw ExitCode(1) }
    }
}

/// `A..B`
struct SeedRange: ExpressibleByArgument {
    var range: ClosedRange<UInt64>

    init?(argument: String) {
        let parts = argument.split(separator: ".", omittingEmptySubsequences: true)
        guard parts.count == 2, let first = UInt64(parts[0]), let last = UInt64(parts[1]), first <= last else {
            return nil
        }
        range = first...last
    }
}

/// `3,7,12`, or `none`.
struct FaultSelection: ExpressibleByArgument {
    var numbers: Set<Int>

    init?(argument: String) {
        let parts = argument == "none" ? [] : argument.split(separator: ",", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Int($0) }
        guard numbers.count == parts.count else { return nil }
        self.numbers = Set(numbers)
    }
}
