import RaftCore
import RaftMembership

// Servers whose data is not what they left there (rules M10, D3).
extension SafetyProperties {
    /// Whether the server is what the configurations say that it is, with all that it ever had as that.
    func isIntact(_ member: Member) -> Bool {
        guard let node = node(of: member), node.damage == nil else { return false }
        return node.disk.image.hardState?.member == member && !node.disk.isFormer(member)
    }

    /// Members of a configuration whose servers have lost what they had as them, and could be back.
    func missing(in membership: Membership) -> [Member] {
        membership.members.map(\.member).filter { member in
            guard let node = node(of: member) else { return false }
            return node.damage == nil && node.disk.isFormer(member)
        }
    }

    /// What a start takes for its log is one that a leader had: no entry follows another than the one it was written behind
    /// (§5.3, rule D3).
    func recovered(_ group: RecoveredGroup, on node: SimulatedNode) {
        var before = group.terms.base.term
        for run in group.terms.runs {
            let first = LogID(term: run.term, index: run.firstIndex)
            if let entry = known[first], entry.previousTerm != before {
                fail("log matching", "\(node.id) comes back with \(first) behind an entry of term \(before)")
                return
            }
            before = run.term
        }
    }

    func noteDamage(_ input: Input) {
        if case .snapshotDamaged = input { world.coverage.add(.rottenBodySent) }
    }

    /// Below its first damaged entry a server takes part, but does not campaign (rule D3).
    func checkDamaged(_ node: SimulatedNode, _ message: Message) {
        guard let first = node.disk.image.firstDamage, node.life?.rotsUnnoticed != true else { return }
        switch message {
        // A leader has sent all of it, and it is on its way to the disk: a candidate's last entries may be.
        case .voteRequest where node.life?.driver?.engine.damage == nil: break
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
        switch result {
        case .success(let cluster) where clusters != [cluster]:
            fail("M9", "node \(node.id), which lost everything, is said to be of \(cluster)")
        case .success: break
        case .failure(let error) where error.code == .formation:
            if error.message.contains("has history") { world.coverage.add(.refusedFormation) }
        case .failure: break
        }
    }
}
