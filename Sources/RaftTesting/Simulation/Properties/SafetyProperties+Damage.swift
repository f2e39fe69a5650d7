import RaftCore
import RaftMembership

// Servers whose data is not what they left there (rules M10, D3).
extension SafetyProperties {
    /// Whether a damaged server is out of the game: it has said why and ended, or is another server, without a past.
    func isAway(_ node: SimulatedNode) -> Bool {
        guard let life = node.life else {
            if case .stopped = node.fate { return true }
            return node.damage == .emptied
        }
        guard node.damage == .emptied, let engine = life.driver?.engine else { return false }
        return engine.membership.isEmpty && engine.hard.cluster == nil && engine.term == .zero
    }

    /// A server that has nothing was called to form the cluster: it must not, and names who has a past (rule M9).
    func calledToForm(_ node: SimulatedNode, _ result: Result<ClusterID, RaftError>) {
        guard node.damage == .emptied else { return }
        switch result {
        case .success(let cluster): fail("M9", "node \(node.id), which lost everything, is said to be of \(cluster)")
        case .failure(let error) where error.code == .formation:
            if error.message.contains("has history") { world.coverage.add(.refusedFormation) }
        case .failure: break
        }
    }
}
