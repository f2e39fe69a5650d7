import RaftClient
import RaftCore
import RaftMembership

/// What was found out about the nodes asked.
struct StatusReport {
    struct Row {
        var address: RaftAddress
        var result: Result<NodeStatus, RaftClientError>
    }

    var rows: [Row]

    var answers: [NodeStatus] { rows.compactMap { try? $0.result.get() } }

    /// The leader of the latest term among those that answered.
    var leader: NodeStatus? { answers.filter { $0.role == "leader" }.max { $0.term < $1.term } }

    /// A table: node, role, term, leader, commit, applied, last, snapshot, lag per peer.
    var table: String {
        var table = TextTable(
            "NODE", "ROLE", "TERM", "LEADER", "COMMIT", "APPLIED", "LAST", "SNAPSHOT", "LAG", "ENDPOINT")
        var failures: [String] = []
        for row in rows {
            switch row.result {
            case .success(let status):
                table.add([
                    "\(status.member.id)", status.role, "\(status.term)", status.leader.map { "\($0.id)" } ?? "-",
                    "\(status.commitIndex)", "\(status.appliedIndex)", "\(status.lastIndex)",
                    "\(status.snapshotIndex)", Self.lag(status), "\(row.address)",
                ])
                if status.isDiskFull {
                    failures.append(
                        "node \(status.member.id) takes no writes: its disk is full; free space, and it goes on by itself"
                    )
                }
                if let failure = status.failure { failures.append("node \(status.member.id) has stopped: \(failure)") }
            case .failure(let error):
                table.add(["-", "unreachable"] + Array(repeating: "-", count: 7) + ["\(row.address)"])
                failures.append(error.message)
            }
        }
        return table.text + failures.map { $0 + "\n" }.joined()
    }

    /// How many entries each peer lacks, as the leader knows it: `2:0 3:15`.
    private static func lag(_ status: NodeStatus) -> String {
        guard !status.peers.isEmpty else { return "-" }
        return status.peers.sorted { $0.id < $1.id }.map { peer in
            let state = peer.state == "replicate" ? "" : "(\(peer.state))"
            return "\(peer.id):\(max(0, status.lastIndex - peer.matchIndex))\(state)"
        }.joined(separator: " ")
    }
}

extension JSON {
    /// The object of `status --output json`.
    static func status(_ status: NodeStatus) -> JSON {
        .object([
            ("cluster", .string(status.clusterName)),
            ("clusterId", .string(status.cluster.map { "\($0)" })),
            ("id", .number(status.member.id.rawValue)),
            ("role", .string(status.role)),
            ("term", .number(status.term.rawValue)),
            ("leader", .number(status.leader?.id.rawValue)),
            ("commitIndex", .number(status.commitIndex.rawValue)),
            ("appliedIndex", .number(status.appliedIndex.rawValue)),
            ("flushedIndex", .number(status.flushedIndex.rawValue)),
            ("lastIndex", .number(status.lastIndex.rawValue)),
            ("snapshotIndex", .number(status.snapshotIndex.rawValue)),
            ("purgedIndex", .number(status.purgedIndex.rawValue)),
            ("pendingProposals", .number(status.pendingProposals)),
            ("uncommittedBytes", .number(status.uncommittedBytes)),
            ("openSessions", .number(status.openSessions)),
            ("leaseMs", .number(status.leaseMilliseconds)),
            ("queues", queues(status)),
            ("latencies", latencies(status)),
            ("diskFull", .bool(status.isDiskFull)),
            ("failure", .string(status.failure)),
            ("members", members(status)),
            // Behind the members: scripts that look for a field by its name stop there.
            ("membership", membership(status)),
        ])
    }

    /// Where the membership stands in the log; null while there is none, and of a node that does not tell.
    static func membership(_ status: NodeStatus) -> JSON {
        guard let id = status.membershipID else { return nil }
        return .object([
            ("index", .number(id.index.rawValue)), ("term", .number(id.term.rawValue)),
            ("committed", .bool(status.isMembershipCommitted)),
        ])
    }

    /// Members as `status` knows them. Of others only a leader knows `matchIndex`, `state` and `lastContactMs`; else
    /// they are null.
    static func members(_ status: NodeStatus) -> JSON {
        .array(
            status.membership.members.map { record in
                let id = record.member.id
                let isSelf = id == status.member.id
                let peer = status.peers.first { $0.id == id }
                return .object([
                    ("id", .number(id.rawValue)),
                    ("role", .string(role(of: record, status))),
                    ("address", .string(record.addresses.first)),
                    ("matchIndex", .number(isSelf ? status.flushedIndex.rawValue : peer?.matchIndex.rawValue)),
                    ("state", .string(isSelf ? "self" : peer?.state)),
                    ("lastContactMs", .number(isSelf ? 0 : peer?.lastContactMilliseconds)),
                    ("roundTripNs", .number(peer?.roundTripNanoseconds)),
                    ("inflightEntries", .number(peer?.inflightEntries)),
                    ("snapshot", transfer(peer?.snapshot)),
                ])
            })
    }

    /// A snapshot on its way to a member.
    private static func transfer(_ transfer: RaftMetrics.Transfer?) -> JSON {
        guard let transfer else { return nil }
        return .object([
            ("index", .number(transfer.index.rawValue)), ("bytes", .number(transfer.bytes)),
            ("acknowledgedBytes", .number(transfer.acknowledgedBytes)),
        ])
    }

    /// What a member is to the cluster, as `status` knows it.
    static func role(of record: Membership.Record, _ status: NodeStatus) -> String {
        if status.leader?.id == record.member.id { return "leader" }
        if record.isWitness { return "witness" }
        return status.membership.isVoter(record.member.id) ? "follower" : "learner"
    }
}
