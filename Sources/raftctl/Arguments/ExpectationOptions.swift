import ArgumentParser
import RaftCore
import RaftMembership

/// `--expect`
struct ExpectationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Change nothing unless the membership is still that of this entry, as member list shows it.",
            valueName: "index@term"))
    var expect: EntryArgument?

    var id: LogID? { expect?.id }
}

/// A position in the log: `12@3`, entry 12 of term 3.
struct EntryArgument: ExpressibleByArgument, CustomStringConvertible {
    let id: LogID

    init?(argument: String) {
        let parts = argument.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, let index = UInt64(parts[0]), let term = UInt64(parts[1]),
            (1..<wireBound).contains(index), (1..<wireBound).contains(term)
        else { return nil }
        id = LogID(term: Term(term), index: LogIndex(index))
    }

    var description: String { "\(id)" }
}
