import RaftCore
import Testing

@testable import RaftTesting

/// More loss than a cluster can do without (M10).
@Suite("Damage over the budget")
struct BudgetTests {
    /// Three voters and two learners; the disks of these nodes, by index, are emptied one after the other.
    private func run(emptying nodes: [Int]) throws -> SimulationReport {
        var options = ClusterOptions()
        options.nodes = 5
        options.learners = 2
        var plan = SimulationPlan(seed: 1, options: options)
        plan.faults.removeAll { $0.kind.isDamage }
        plan.isOverBudget = true
        for (position, node) in nodes.enumerated() {
            plan.faults[2 * position + 1].kind = .wipe
            plan.faults[2 * position + 1].node = node
        }
        plan.end = 30_000_000_000
        return try Simulation(plan, workload: RegisterWorkload(keys: 2), requirements: .short).run()
    }

    @Test("What is left and is a quorum of the voters converges and serves, however few of the nodes it is")
    func enoughLeft() throws {
        let report = try run(emptying: [0, 3, 4])
        #expect(report.coverage[.enoughLeft] == 1 && report.coverage[.tooFewLeft] == 0)
        #expect(report.coverage[.newLife] >= 3)
    }

    @Test("What is left and is none says nothing wrong, and its calls end")
    func tooFewLeft() throws {
        let report = try run(emptying: [0, 1])
        #expect(report.coverage[.enoughLeft] == 0 && report.coverage[.tooFewLeft] == 1)
        #expect(report.coverage[.newLife] >= 2)
    }
}
