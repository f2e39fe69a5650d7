import RaftCore
import RaftMembership

/// Whether two nodes may talk (rules N1, M7, M9). Both sides ask, with the same rules.
enum Handshake {
    /// Why `local` does not want to talk to who sent `remote`, or nil.
    /// - Parameter dialled: whom the address was said to belong to, when `local` made the connection.
    static func objection(to remote: Hello, local: NodeIdentity, dialled: NodeID?) -> Refusal? {
        let id = local.member.id
        let other = remote.identity.member.id
        func refusal(_ code: Refusal.Code, _ reason: String) -> Refusal { Refusal(code, reason, node: id) }
        if remote.identity.clusterName != local.clusterName {
            return refusal(
                .clusterName,
                "it belongs to the cluster “\(remote.identity.clusterName)”, this node to “\(local.clusterName)”")
        }
        if let theirs = remote.identity.cluster, let ours = local.cluster, theirs != ours {
            return refusal(
                .clusterID,
                "it belongs to the cluster with the identity \(theirs), this node to \(ours) of the same name")
        }
        if let dialled, other != dialled {
            return refusal(.wrongNode, "expected node \(dialled), found node \(other)")
        }
        if other == id {
            return refusal(.sameNode, "it carries the id \(id) of this node")
        }
        if remote.expected != id {
            return refusal(.wrongNode, "it expects node \(remote.expected), and this is node \(id)")
        }
        return nil
    }

    /// Whether two ends share a cluster identity; else their connection carries formation messages only (rule M9).
    static func isShared(_ local: NodeIdentity, _ remote: NodeIdentity) -> Bool {
        local.cluster != nil && local.cluster == remote.cluster
    }
}
