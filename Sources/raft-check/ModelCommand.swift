import ArgumentParser
import RaftCore
import RaftTesting

/// `raft-check model`: explores every interleaving of a few engines within budgets.
struct ModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model",
        abstract: "Explores every state that two or three engines can reach, and checks the rules in each.",
        discussion: """
            Breadth first from a root, up to a depth, within budgets. The engines are those of production; deadlines may \
            fire at any time. Prints for each root what was seen, and the shortest way to a broken rule. A budget that is \
            used up is not given again on a path; what lies beyond is not explored.

            Exit codes: 0 every property held, 1 one did not, 64 usage.
            """)

    @Option(help: "How many servers: 2 or 3.")
    var nodes = 3

    @Option(help: "How many events on a path.")
    var depth = 12

    @Option(help: ArgumentHelp("Where to begin; all prints what there is.", valueName: "name|all"))
    var root = "all"

    @Option(help: "Election timeouts that pass, each of which begins a campaign.")
    var terms: UInt8 = 2

    @Option(help: "Commands proposed.")
    var entries: UInt8 = 1

    @Option(help: "Messages lost from a full link; any other is lost by never being delivered.")
    var losses: UInt8 = 0

    @Option(help: "Messages delivered twice.")
    var duplicates: UInt8 = 0

    @Option(help: "Crashes with a restart.")
    var crashes: UInt8 = 0

    @Option(help: "Rounds of heartbeats that the network carries.")
    var heartbeats: UInt8 = 0

    @Option(help: "Linearizable reads.")
    var reads: UInt8 = 0

    @Option(help: "Disks that lose their last entry in a crash; only the rules about amnesia are checked then.")
    var amnesias: UInt8 = 0

    @Option(help: "Messages of a newer release, of an earlier life of their sender, or without their entries.")
    var strangers: UInt8 = 0

    @Option(help: "Changes of membership asked of a leader, each one of those that the root names.")
    var changes: UInt8 = 0

    @Option(help: "Transfers of leadership asked of a leader.")
    var transfers: UInt8 = 0

    @Option(help: "Snapshots asked of any server, which cuts its log behind it.")
    var snapshots: UInt8 = 0

    @Option(help: "Messages that one direction of a link holds.")
    var inFlight = 2

    @Option(help: "Distinct states to keep at most.")
    var states = 20_000_000

    @Option(help: "The rule that every engine breaks on purpose; test builds only.")
    var mutation: String?

    @Flag(help: "Print how often each landmark was seen.")
    var landmarks = false

    func validate() throws {
        guard (2...3).contains(nodes) else { throw ValidationError("--nodes must be 2 or 3") }
        guard depth > 0, inFlight > 0, states > 0 else {
            throw ValidationError("--depth, --in-flight and --states must be positive")
        }
        guard budget.all.allSatisfy({ $0 <= ModelBudget.limit }) else {
            throw ValidationError("a budget is at most \(ModelBudget.limit)")
        }
        guard root == "all" || ModelRoot.named(root, nodes: nodes) != nil else {
            let names = ModelRoot.all(nodes: nodes).map(\.name).joined(separator: ", ")
            throw ValidationError("--root must be all, or with \(nodes) servers one of \(names)")
        }
        if let mutation {
            guard ModelOptions.canMutate else {
                throw ValidationError("--mutation needs a test build: swift build --traits default,TestBuild")
            }
            guard Mutation(rawValue: mutation) != nil else { throw ValidationError("no rule is named \(mutation)") }
        }
    }

    private var budget: ModelBudget {
        ModelBudget(
            terms: terms, entries: entries, losses: losses, duplicates: duplicates, crashes: crashes,
            heartbeats: heartbeats, reads: reads, amnesias: amnesias, strangers: strangers,
            changes: changes, transfers: transfers, snapshots: snapshots)
    }

    func run() throws {
        let roots =
            root == "all" ? ModelRoot.all(nodes: nodes) : [ModelRoot.named(root, nodes: nodes)].compactMap { $0 }
        print("\(nodes) servers, depth \(depth), \(budget), \(inFlight) messages a link")
        var hasFailed = false
        for root in roots {
            var options = ModelOptions(root: root)
            options.depth = depth
            options.budget = budget
            options.inFlight = inFlight
            options.maximumStates = states
            options.mutation = mutation.flatMap(Mutation.init)
            let start = ContinuousClock.now
            let report = try ModelChecker.run(options)
            print(report.line(after: start.duration(to: .now)))
            if landmarks { print(report.landmarkLines) }
            if let counterexample = report.counterexample {
                print(counterexample)
                hasFailed = true
            }
        }
        if hasFailed { throw ExitCode(1) }
    }
}
