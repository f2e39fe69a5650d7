import NIOCore
import RaftMembership
import Testing

@testable import RaftCore
@testable import RaftTransportUnix

/// The files were computed from `WireFormat.md` by a program that shares nothing with this package.
@Suite("The format on the wire is the documented one, byte for byte")
struct GoldenTests {
    static let from = Member(id: 1, incarnation: 0x0123_4567_89AB_CDEF)
    static let to = Member(id: 2, incarnation: 0xFEDC_BA98_7654_3210)

    static let asked = Instant(nanoseconds: 0x0102_0304_0506_0708)

    struct Sample: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var message: Message
    }

    static let samples: [Sample] = [
        Sample(
            testDescription: "vote-request",
            message: .voteRequest(
                VoteRequest(term: 11, round: 12, isPreVote: false, last: LogID(term: 13, index: 14)))),
        Sample(
            testDescription: "pre-vote-request",
            message: .voteRequest(VoteRequest(term: 11, round: 12, isPreVote: true, last: LogID(term: 13, index: 14)))),
        Sample(
            testDescription: "vote-reply",
            message: .voteReply(VoteReply(term: 11, askedTerm: 15, round: 12, isPreVote: true, isGranted: false))),
        Sample(testDescription: "append-entries", message: .appendEntries(appendEntries(entries))),
        Sample(testDescription: "append-entries-empty", message: .appendEntries(appendEntries(.empty))),
        Sample(
            testDescription: "append-reply-matched",
            message: .appendReply(
                AppendReply(
                    term: 11, stream: 16, sequence: 17, outcome: .matched(16), promise: 150_000_000))),
        Sample(
            testDescription: "append-reply-conflict",
            message: .appendReply(
                AppendReply(term: 11, stream: 16, sequence: 17, outcome: .conflict(hint: LogID(term: 9, index: 10))))),
        Sample(
            testDescription: "append-reply-no-room",
            message: .appendReply(
                AppendReply(
                    term: 11, stream: 16, sequence: 17, outcome: .matched(16), promise: 150_000_000, lacksRoom: true))),
        Sample(
            testDescription: "heartbeat",
            message: .heartbeat(
                Heartbeat(term: 11, stream: 16, previous: LogID(term: 13, index: 14), leaderCommit: 10, round: 19))),
        Sample(
            testDescription: "heartbeat-reply",
            message: .heartbeatReply(
                HeartbeatReply(
                    term: 11, stream: 16, round: 19, hasMatch: true, accepted: 14, matched: 13, promise: 150_000_000))),
        Sample(
            testDescription: "heartbeat-reply-no-room",
            message: .heartbeatReply(
                HeartbeatReply(
                    term: 11, stream: 16, round: 19, hasMatch: true, accepted: 14, matched: 13, promise: 150_000_000,
                    lacksRoom: true))),
        Sample(
            testDescription: "read-index",
            message: .readIndex(ReadIndex(term: 11, start: 6, number: 21, asked: asked))),
        Sample(
            testDescription: "read-index-reply",
            message: .readIndexReply(ReadIndexReply(term: 11, start: 6, number: 21, asked: asked, index: 14))),
        Sample(
            testDescription: "read-index-reply-no-leader",
            message: .readIndexReply(ReadIndexReply(term: 11, start: 6, number: 21, asked: asked, index: nil))),
        Sample(testDescription: "formation-query", message: .formationQuery(FormationQuery(nonce: 20))),
        Sample(
            testDescription: "formation-answer-pristine",
            message: .formationAnswer(FormationAnswer(nonce: 20, cluster: nil))),
        Sample(
            testDescription: "formation-answer",
            message: .formationAnswer(FormationAnswer(nonce: 20, cluster: .sample))),
        Sample(testDescription: "adopt", message: .adopt(Adopt(cluster: .sample))),
    ]

    static func appendEntries(_ entries: EntryBatch) -> AppendEntries {
        AppendEntries(
            term: 11, stream: 16, sequence: 17, previous: LogID(term: 13, index: 14), leaderCommit: 18, entries: entries
        )
    }

    static var entries: EntryBatch {
        var builder = EntryBatchBuilder(firstIndex: 15)
        builder.append(.noOp, term: 11, payload: [])
        builder.append(.command, term: 11, payload: Array("hello".utf8))
        return builder.finish()
    }

    @Test("Envelopes", arguments: samples)
    func envelopes(sample: Sample) throws {
        let golden = try HexFile.read(sample.testDescription)
        let envelope = Envelope(group: GroupID(rawValue: 7), from: Self.from, to: Self.to, message: sample.message)
        var buffer = ByteBuffer()
        FrameEncoder.append(envelope, to: &buffer)
        #expect(Array(buffer.readableBytesView) == golden)
        #expect(FrameEncoder.estimatedSize(of: envelope) >= golden.count)
        let (kind, decoded) = try Self.onlyFrame(in: golden) { try MessageCodec.decode($0) }
        #expect(kind == .envelope)
        #expect(decoded == envelope)
    }

    @Test("A frame with a snapshot is never larger than estimated, however much its configuration says")
    func largeSnapshot() throws {
        let records = (1...40).map { id in
            Membership.Record(
                member: Member(id: NodeID(id), incarnation: Incarnation(1)),
                addresses: [String(repeating: "x", count: 1000)])
        }
        let membership = try Membership(members: records, voters: [1])
        let position = LogID(term: 2, index: 9)
        let snapshot = Snapshot(
            last: position, cluster: ClusterID(high: 1, low: 2),
            configuration: LoggedMembership(id: position, membership: membership), size: 1 << 20)
        let message = InstallSnapshot(
            term: 2, stream: 1, snapshot: snapshot, offset: 0, bytes: [UInt8](repeating: 1, count: 100_000))
        let envelope = Envelope(
            group: GroupID(rawValue: 7), from: Self.from, to: Self.to, message: .installSnapshot(message))
        var buffer = ByteBuffer()
        FrameEncoder.append(envelope, to: &buffer)
        #expect(FrameEncoder.estimatedSize(of: envelope) >= buffer.readableBytes)
    }

    @Test("Greetings", arguments: ["hello", "hello-without-cluster"])
    func hello(name: String) throws {
        let golden = try HexFile.read(name)
        let hello = Hello(
            identity: NodeIdentity(
                clusterName: "demo", cluster: name == "hello" ? .sample : nil, member: Self.from,
                groups: [GroupID(rawValue: 0), GroupID(rawValue: 7)],
                clientAddresses: ["unix:/run/raftd/1.client.sock", "tcp:[::1]:7201"]),
            expected: 2, life: NodeLife(startCounter: 6, nonce: 0x0F1E_2D3C_4B5A_6978, term: 11))
        var buffer = ByteBuffer()
        FrameEncoder.append(hello, to: &buffer)
        #expect(Array(buffer.readableBytesView) == golden)
        let (kind, decoded) = try Self.onlyFrame(in: golden) { try Hello.decode($0) }
        #expect(kind == .hello)
        #expect(decoded == hello)
    }

    @Test("Refusals")
    func refusal() throws {
        let golden = try HexFile.read("refusal")
        let refusal = Refusal(.clusterName, "it belongs to the cluster “a”, this node to “b”", node: 2)
        var buffer = ByteBuffer()
        FrameEncoder.append(refusal, to: &buffer)
        #expect(Array(buffer.readableBytesView) == golden)
        let (kind, decoded) = try Self.onlyFrame(in: golden) { try Refusal.decode($0) }
        #expect(kind == .refusal)
        #expect(decoded == refusal)
    }

    static func onlyFrame<Result>(
        in bytes: [UInt8], _ decode: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> (FrameKind, Result) {
        var decoder = FrameDecoder(maximumLength: 4096)
        decoder.append(ByteBuffer(bytes: bytes))
        let frame = try decoder.next { ($0, try decode($1)) }
        #expect(try decoder.next { kind, _ in kind } == nil)
        return try #require(frame)
    }
}
