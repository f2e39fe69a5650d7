import RaftCore
import RaftMembership

// Where a cluster stands when it ought to be at rest.
extension ClusterCore {
    /// One line that says where everybody is.
    var standing: String {
        nodes.map { node in
            guard let engine = node.life?.driver?.engine else {
                if case .stopped(let reason) = node.fate { return "\(node.id) stopped: \(reason)" }
                return "\(node.id) down"
            }
            return "\(node.id) \(engine.role) of term \(engine.term), last \(engine.log.last), "
                + "flushed \(engine.log.flushed), committed \(engine.commitIndex), applied \(node.reached)"
        }.joined(separator: "; ")
    }

    /// What counts work under way is back at zero, and no queue holds anything; nil when that is so (rules P4, D6, R3).
    func restlessness(of sound: [SimulatedNode]) -> String? {
        for node in sound {
            guard let driver = node.life?.driver else { return "node \(node.id) is down" }
            let engine = driver.engine
            if engine.change != nil || engine.transfer != nil { return "\(node.id) is not done with a change" }
            guard engine.membership.slot(of: engine.member) != nil else { continue }
            if engine.uncommitted.bytes != 0 || engine.uncommitted.count != 0 {
                return "\(node.id) counts \(engine.uncommitted.bytes) uncommitted bytes"
            }
            for (slot, peer) in engine.progress.enumerated() where peer.member != engine.member {
                if let departure = peer.departure {
                    return "\(node.id) still counts \(peer.member.id) as leaving: \(departure)"
                }
                guard sound.contains(where: { $0.id == peer.member.id }), slot < engine.membership.members.count else {
                    continue
                }
                if peer.inflight.count != 0 || peer.inflight.bytes != 0 || peer.mode != .replicate
                    || peer.matchIndex != engine.log.last.index
                {
                    return "\(node.id) still has \(peer.inflight.count) requests under way to \(peer.member.id), "
                        + "in mode \(peer.mode.rawValue), which has acknowledged \(peer.matchIndex)"
                }
            }
            let depths = driver.depths
            if depths.waiters != 0 || depths.reads != 0 || depths.machine > (engine.snapshots.taking == nil ? 0 : 1)
                || depths.bootstraps != 0
            {
                return "\(node.id) keeps calls waiting: \(depths)"
            }
            if engine.log.flushed != engine.log.last.index || engine.appliedIndex != engine.commitIndex
                || engine.commitIndex != engine.log.last.index
            {
                return "\(node.id) has not come to rest: last \(engine.log.last), flushed \(engine.log.flushed), "
                    + "committed \(engine.commitIndex), applied \(engine.appliedIndex)"
            }
        }
        return nil
    }
}
