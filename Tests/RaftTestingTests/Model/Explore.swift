import RaftTesting
import Testing

/// A small exploration, in a debug build.
func explore(
    _ root: String, nodes: Int = 3, _ budget: ModelBudget, depth: Int,
    changing change: (inout ModelOptions) -> Void = { _ in }
) throws -> ModelReport {
    var options = ModelOptions(root: try #require(ModelRoot.named(root, nodes: nodes)))
    options.budget = budget
    options.depth = depth
    change(&options)
    return try ModelChecker.run(options)
}

func expectSound(_ report: ModelReport, with landmarks: [ModelLandmark] = []) {
    #expect(report.counterexample == nil, "\(report.counterexample?.description ?? "")")
    for landmark in landmarks {
        #expect(report.count(of: landmark) > 0, "no state of \(report.root) with \(landmark.name)")
    }
}
