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

    /// Below its first damaged entry a server takes part, but does not campaign (rule D3).
    func checkDamaged(_ node: SimulatedNode, _ message: Message) {
        guard let first = node.disk.image.firstDamage else { return }
        switch message {
        case .voteRequest(let request):
            fail("D3", "\(node.id) campaigns for term \(request.term), and its log is damaged from entry \(first) on")
        case .appendReply(let reply):
            if case .matched(let index) = reply.outcome, index >= first { acknowledgesDamage(node, index, first) }
        case .heartbeatReply(let reply):
            if reply.hasMatch, reply.matched >= first { acknowledgesDamage(node, reply.matched, first) }
        case .installSnapshotReply(let reply):
            if case .installed(let index) = reply.outcome, index >= first { acknowledgesDamage(node, index, first) }
        default: break
        }
    }

    private func acknowledgesDamage(_ node: SimulatedNode, _ index: LogIndex, _ first: LogIndex) {
        fail("D3", "\(node.id) acknowledges entry \(index), and its log is damaged from entry \(first) on")
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
