package import RaftCore

/// What to explore, and how far.
package struct ModelOptions: Sendable {
    package var root: ModelRoot
    package var budget = ModelBudget()
    /// Events on a path.
    package var depth = 12
    /// Messages that a link, one direction between two servers, holds; what finds it full is lost.
    package var inFlight = 2
    /// Distinct states kept; the exploration ends when there are more.
    package var maximumStates = 20_000_000
    /// Removes messages that can change nothing any more (see `ModelMessage.isDead`).
    package var forgetsDeadMessages = true
    /// Takes states that differ by a renaming of the servers for one.
    package var reducesSymmetry = true
    /// Compares servers that are taken for one state by what they do next: slow, to test the checker itself.
    package var auditsIdentity = false
    /// The rule that every engine breaks on purpose; test builds only.
    package var mutation: Mutation?

    package init(root: ModelRoot) { self.root = root }

    /// How the explored engines are configured: as in production, but for the size of a request where a root asks.
    var configuration: RaftConfiguration {
        var configuration = RaftConfiguration()
        if root.sendsSingleEntries { configuration.maximumRequestBytes = 1 }
        #if TestBuild
            configuration.mutation = mutation
        #endif
        return configuration
    }

    /// Whether this build can break rules.
    package static var canMutate: Bool {
        #if TestBuild
            true
        #else
            false
        #endif
    }
}
