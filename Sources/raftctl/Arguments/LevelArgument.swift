import ArgumentParser
import RaftTracing

/// A level of trace records, as people write it.
struct LevelArgument: ExpressibleByArgument {
    let level: TraceLevel

    init?(argument: String) {
        guard let level = TraceLevel(argument) else { return nil }
        self.level = level
    }

    static var allValueStrings: [String] { TraceLevel.allCases.map(\.name) }
}
