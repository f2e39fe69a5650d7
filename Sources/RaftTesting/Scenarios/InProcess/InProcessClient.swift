import RaftCore
import RaftMembership

/// A client of nodes in the same process: finds the leader and follows it, or asks one node only.
struct InProcessClient: Sendable {
    /// How long one node is waited for, and how long all of them.
    private static let attempt: UInt64 = 500_000_000
    private static let limit: UInt64 = 4_000_000_000
    /// A reader that asks one node only asks again soon, so that it has a fresh question there when the node wakes.
    private static let readerAttempt: UInt64 = 200_000_000

    let process: Int
    let node: NodeID?
    let nodes: [NodeID]
    let running: RunningNodes
    let history: ScenarioHistory
    let time: RealTime

    /// Does one operation and records it.
    func perform(_ operation: ScenarioOperation) async -> ScenarioOutcome {
        let begin = time.now
        return await history.record(operation, by: process, time: time) { await attempt(operation, since: begin) }
    }

    private func attempt(_ operation: ScenarioOperation, since begin: UInt64) async -> ScenarioOutcome {
        if let node {
            guard let life = running[node] else { return .rejected("node \(node) does not run") }
            return await life.perform(operation, within: Self.readerAttempt).outcome
        }
        var target = process % max(1, nodes.count)
        var outcome = ScenarioOutcome.rejected("no node runs")
        while time.now &- begin < Self.limit {
            if let life = running[nodes[target]] {
                let answer = await life.perform(operation, within: Self.attempt)
                outcome = answer.outcome
                switch outcome {
                // What may have been done is not done again; a read may be.
                case .unknown where operation.isWrite: return outcome
                case .value, .done, .refused: return outcome
                case .unknown, .rejected: break
                }
                if let leader = answer.leader.flatMap({ hint in nodes.firstIndex { $0 == hint.id } }), leader != target
                {
                    target = leader
                    continue
                }
            }
            target = (target + 1) % nodes.count
            try? await Task.sleep(nanoseconds: 10_000_000)
        }
        return outcome
    }
}
