import NIOCore
import RaftCore
import RaftMembership
import RaftTracing

@testable import RaftClient

/// One message of each kind, as golden files hold them.
enum Samples {
    static let cluster = ClusterID(high: 0x0102_0304_0506_0708, low: 0x1112_1314_1516_1718)

    static let membership: Membership = {
        let records = [
            Membership.Record(member: Member(id: 1, incarnation: 0x0A), addresses: ["unix:1"]),
            Membership.Record(member: Member(id: 2, incarnation: 0x0B), addresses: ["unix:2", "tcp:a:1"]),
        ]
        // Written by hand above, so it is a configuration; an empty one would fail the tests.
        return (try? Membership(members: records, voters: [1, 2])) ?? Membership()
    }()

    static let status: NodeStatus = {
        var status = earlierStatus
        status.membershipID = LogID(term: 2, index: 9)
        status.isMembershipCommitted = true
        status.openSessions = 3
        status.isDiskFull = true
        status.leaseMilliseconds = 140
        status.queues = RaftMetrics.Queues(inbox: 1, reads: 2, writes: 3, machine: 4)
        status.latencies = RaftMetrics.Latencies(
            write: latency(5, 50, 9, 20), commit: latency(6, 66, 11, 12), read: latency(7, 70, 8, 13))
        status.peers[0].roundTripNanoseconds = 250_000
        status.peers[0].snapshot = RaftMetrics.Transfer(index: 5, bytes: 1000, acknowledgedBytes: 400)
        return status
    }()

    private static func latency(
        _ count: UInt64, _ total: UInt64, _ last: UInt64, _ longest: UInt64
    ) -> RaftMetrics.Latency {
        RaftMetrics.Latency(
            count: count, totalNanoseconds: total, lastNanoseconds: last, longestNanoseconds: longest)
    }

    /// As a node says it that knows nothing of what was added since.
    static let earlierStatus: NodeStatus = {
        var status = NodeStatus(clusterName: "demo", member: Member(id: 1, incarnation: 0x0A), role: "leader", term: 3)
        status.cluster = cluster
        status.leader = LeaderHint(id: 1, clientAddresses: ["unix:c"])
        status.commitIndex = 10
        status.appliedIndex = 9
        status.flushedIndex = 11
        status.lastIndex = 12
        status.snapshotIndex = 5
        status.purgedIndex = 4
        status.membership = membership
        status.peers = [
            NodeStatus.Peer(
                id: 2, matchIndex: 8, state: "probe", lastContactMilliseconds: nil, inflightEntries: 2)
        ]
        status.pendingProposals = 6
        status.uncommittedBytes = 7
        status.failure = "x"
        return status
    }()

    /// Three chunks, the last of them short.
    static let backupBody = (0..<600_000).map { UInt8(truncatingIfNeeded: $0 * 37) }

    static let backup = BackupOffer(
        snapshot: Snapshot(
            last: LogID(term: 3, index: 12), cluster: cluster,
            configuration: LoggedMembership(id: LogID(term: 2, index: 9), membership: membership),
            size: UInt64(backupBody.count), checksum: BackupFile.checksum(backupBody)),
        clusterName: "demo", machine: "keyvalue", node: 1)

    static let session = SessionID(index: 0x0102, nonce: 0x1112_1314_1516_1718)

    static let traced = ClientRequest(
        .propose([0xAA, 0xBB]),
        trace: TraceContext(traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"))

    static let requests: [(name: String, request: ClientRequest)] = [
        ("propose", .propose([0xAA, 0xBB])),
        ("propose-traced", traced),
        ("query", .query([0xCC], .stale)), ("query-bounded", .query([0xCC], .stale(atMost: .milliseconds(1500)))),
        ("status-request", .status),
        ("members-request", .members), ("metrics-request", .metrics),
        (
            "change",
            .change(
                [
                    .add(4, addresses: ["unix:4"], as: .learner), .promote(5), .demote(6), .remove(7),
                    .setVoters([1, 2]), .setAddresses(3, ["unix:3"]),
                ], ifMembershipIs: LogID(term: 2, index: 9))
        ),
        ("change-anything", .change([.remove(7)])),
        ("transfer", .transferLeadership(to: 3)),
        ("trace-levels-request", .traceLevels), ("trace-level", .setTraceLevel(.debug, of: "transport")),
        ("recording-request", .recording(from: 258)),
        ("backup-request", .backup()),
        ("backup-chunk", .backupChunk(of: backup.snapshot.id, at: 262_144, count: 65_536)),
        ("open-session", .openSession),
        (
            "propose-in-session",
            .propose([0xAA, 0xBB], as: SessionCall(session: session, serial: 7, lowestUnanswered: 5))
        ),
        ("close-session", .close(session)),
        ("bootstrap", .bootstrap([2: ["unix:2"], 1: ["unix:1", "tcp:a:1"]])),
    ]

    static let responses: [(name: String, response: ClientResponse)] = [
        ("bytes", ClientResponse(.bytes([0xDD, 0xEE]))),
        ("output", ClientResponse(.output([0xFF], 77))),
        (
            "error",
            ClientResponse(
                .error(
                    RaftClientError(
                        .notLeader, .rejected, "no", leader: LeaderHint(id: 2, clientAddresses: ["unix:2"]))))
        ),
        ("error-unknown", ClientResponse(.error(RaftClientError(.unknown, .unknown, "gone")))),
        ("error-session", ClientResponse(.error(RaftClientError(.sessionExpired, .rejected, "gone")))),
        (
            "trace-levels",
            ClientResponse(
                .traceLevels(
                    TraceLevels(
                        compiledIn: .debug,
                        modules: [.init(name: "", level: .info), .init(name: "core", level: .critical)])))
        ),
        ("trace-levels-none", ClientResponse(.traceLevels(TraceLevels(compiledIn: nil, modules: [])))),
        ("recording", ClientResponse(.recording(RecordingPart(next: 300, bytes: [1, 2, 3])))),
        ("recording-end", ClientResponse(.recording(RecordingPart(next: nil, bytes: [4])))),
        ("session-opened", ClientResponse(.session(OpenedSession(id: session, limits: SessionLimits())))),
        ("status", ClientResponse(.status(status))),
        ("members", ClientResponse(.members(membership))),
        ("leads", ClientResponse(.leads(3))),
        ("formed", ClientResponse(.formed(cluster))),
        ("backup", ClientResponse(.backup(backup))),
    ]

    static func bytes(_ body: (inout ByteBuffer) -> Void) -> [UInt8] {
        var buffer = ByteBuffer()
        body(&buffer)
        return Array(buffer.readableBytesView)
    }
}
