import ArgumentParser
import RaftClient

/// How fresh an answer must be, by name.
struct ConsistencyArgument: ExpressibleByArgument {
    let consistency: ReadConsistency

    init(_ consistency: ReadConsistency) { self.consistency = consistency }

    init?(argument: String) {
        guard let consistency = ReadConsistency(name: argument) else { return nil }
        self.init(consistency)
    }

    var defaultValueDescription: String { consistency.name }
    static var allValueStrings: [String] { ReadConsistency.all.map(\.name) }
}
