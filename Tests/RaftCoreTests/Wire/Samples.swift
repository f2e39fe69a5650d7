@testable import RaftCore
import RaftMembership
import RaftTracing

/// One of each, with a value of its own in every field.
enum Samples {
    static let from = Member(id: 1, incarnation: 0x0A)
    static let to = Member(id: 2, incarnation: 0x0B)
    static let cluster = ClusterID(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10)

    static let entries: EntryBatch = {
        var builder = EntryBatchBuilder(firstIndex: 5)
        builder.append(.noOp, term: 3, payload: [])
        builder.append(.command, term: 3, payload: [0xAA, 0xBB])
        return builder.finish()
    }()

    static let messages: [Message] = [
        .voteRequest(VoteRequest(term: 3, round: 4, isPreVote: true, last: LogID(term: 2, index: 9))),
        .voteRequest(
            VoteRequest(
                term: 3, round: 4, isPreVote: false, last: LogID(term: 2, index: 9), transferredFrom: 2)),
        .voteReply(VoteReply(term: 3, askedTerm: 4, round: 5, isPreVote: false, isGranted: true)),
        .appendEntries(
            AppendEntries(
                term: 3, stream: 6, sequence: 7, previous: LogID(term: 2, index: 4), leaderCommit: 1, entries: entries)),
        .appendEntries(
            AppendEntries(
                term: 3, stream: 6, sequence: 7, previous: LogID(term: 2, index: 4), leaderCommit: 1, entries: .empty)),
        .appendReply(AppendReply(term: 3, stream: 6, sequence: 7, outcome: .matched(8), promise: 0x33)),
        .appendReply(AppendReply(term: 3, stream: 6, sequence: 7, outcome: .conflict(hint: LogID(term: 2, index: 4)))),
        .heartbeat(Heartbeat(term: 3, stream: 6, previous: LogID(term: 2, index: 4), leaderCommit: 1, round: 9)),
        .heartbeatReply(
            HeartbeatReply(term: 3, stream: 6, round: 9, hasMatch: true, accepted: 5, matched: 4, promise: 0x44)),
        .formationQuery(FormationQuery(nonce: 0x1122)),
        .formationAnswer(FormationAnswer(nonce: 0x1122, cluster: nil)),
        .formationAnswer(FormationAnswer(nonce: 0x1122, cluster: cluster)),
        .adopt(Adopt(cluster: cluster)),
        .timeoutNow(TimeoutNow(term: 3, last: LogID(term: 2, index: 9))),
        .removed(Removed(configuration: LogID(term: 2, index: 9))),
        .readIndex(ReadIndex(term: 3, start: 2, number: 7, asked: Instant(nanoseconds: 0x55))),
        .readIndexReply(ReadIndexReply(term: 3, start: 2, number: 7, asked: Instant(nanoseconds: 0x55), index: 9)),
        .readIndexReply(ReadIndexReply(term: 3, start: 2, number: 7, asked: Instant(nanoseconds: 0x55), index: nil)),
        .appendReply(
            AppendReply(
                term: 3, stream: 6, sequence: 7, outcome: .conflict(hint: LogID(term: 2, index: 4)), lacksRoom: true)),
        .heartbeatReply(
            HeartbeatReply(
                term: 3, stream: 6, round: 9, hasMatch: true, accepted: 5, matched: 4, promise: 0x44, lacksRoom: true)),
    ]

    static func envelope(_ message: Message) -> Envelope {
        Envelope(group: .first, from: from, to: to, message: message)
    }

    static func encode(_ message: Message) -> [UInt8] {
        let (head, entries) = MessageCodec.encode(envelope(message))
        return head + entries.withUnsafeBytes { [UInt8]($0) }
    }

    /// A heartbeat that is part of a trace.
    static let tracedHeartbeat = Envelope(
        group: .first, from: from, to: to,
        message: .heartbeat(
            Heartbeat(
                term: 3, stream: 6, previous: LogID(term: 2, index: 4), leaderCommit: 1, round: 9)),
        trace: TraceContext(traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"))

    static let hardState = HardState(
        cluster: cluster, member: from, startCounter: 2, term: 3, votedFor: to, commitHint: 4, largestPromise: 5)

    static func configuration() throws -> ConfigurationPayload {
        ConfigurationPayload(
            cluster: cluster,
            membership: try Membership(
                members: [
                    Membership.Record(member: from, addresses: ["a", "bc"], isWitness: true),
                    Membership.Record(member: to, addresses: [], promoteWhenCaughtUp: true),
                ], voters: [1], outgoingVoters: [1, 2], highestIncarnations: [Member(id: 7, incarnation: 8)],
                featureLevel: 6))
    }

    static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
    }
}
