import ArgumentParser
import RaftClient

/// `--consistency`, `--at-most`
struct FreshnessOptions: ParsableArguments {
    @Option(
        name: .customLong("consistency"),
        help: "How fresh what is read must be: linearizable, lease, follower or stale.")
    var name = ConsistencyArgument(.linearizable)

    @Option(
        help: ArgumentHelp(
            "With stale: how old it may be, such as 500ms or 2s; any age when not given.", valueName: "duration"))
    var atMost: TimeArgument?

    func validate() throws {
        guard atMost == nil || name.consistency == .stale else {
            throw ValidationError("--at-most goes with --consistency stale only")
        }
    }

    var consistency: ReadConsistency { atMost.map { .stale(atMost: $0.duration) } ?? name.consistency }
}
