import RaftCore
import RaftMembership

/// What `systemctl status` shows of a node: role, term, leader, and who is how far behind. Without positions in the log, so
/// that it changes only when there is something to see.
enum StatusLine {
    static func of(_ metrics: RaftMetrics) -> String {
        var text: String
        switch metrics.role {
        case _ where metrics.membership.isEmpty: return "belongs to no cluster yet"
        case .removed: text = "was removed from the cluster"
        case .fenced: text = "has stopped itself: \(metrics.failure ?? "see the journal")"
        case .leader:
            let peers = metrics.peers.map { peer(of: metrics, $0) }
            text = (["leader in term \(metrics.term)"] + peers).joined(separator: "; ")
        default:
            let leader = metrics.leader.map { "node \($0.id) leads" } ?? "no leader known"
            let lag = max(0, metrics.commitIndex - metrics.appliedIndex)
            text = "\(metrics.role.rawValue) in term \(metrics.term); \(leader); " + behind(lag)
        }
        if metrics.isDiskFull { text += "; its disk is full" }
        return text
    }

    private static func peer(of metrics: RaftMetrics, _ peer: RaftMetrics.Peer) -> String {
        let lag = max(0, metrics.lastIndex - peer.matchIndex)
        // The others show in the lag.
        let isTold = !["replicate", "probe", "lagging"].contains(peer.state)
        return "node \(peer.id) " + (isTold ? "\(peer.state), " : "") + behind(lag)
    }

    /// In steps, for an exact number is old when it is read.
    private static func behind(_ entries: Int) -> String {
        switch entries {
        case ..<100: return "in step"
        case ..<10_000: return "\(entries / 100 * 100) entries behind"
        default: return "\(entries / 10_000 * 10_000) entries behind"
        }
    }
}
