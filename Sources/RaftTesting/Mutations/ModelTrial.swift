package import RaftCore

/// Where the model checker comes by the breakage of a rule, and within which budgets.
package struct ModelTrial: Sendable {
    package var root: String
    package var budget: ModelBudget
    package var depth = 20
    package var states = 2_000_000

    init(_ root: String, _ budget: ModelBudget) {
        self.root = root
        self.budget = budget
    }

    /// Explores three servers from the root.
    /// - Throws: what building the root throws; never for a root of the list.
    package func run(_ rule: Mutation?, depth: Int? = nil) throws -> ModelReport {
        guard let root = ModelRoot.named(root, nodes: 3) else { preconditionFailure("there is no root \(root)") }
        var options = ModelOptions(root: root)
        options.budget = budget
        options.depth = depth ?? self.depth
        options.maximumStates = states
        options.mutation = rule
        return try ModelChecker.run(options)
    }
}
