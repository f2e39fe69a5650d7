import RaftMembership
import RaftTracing

/// Envelopes as bytes, for every transport. Little-endian; a frame around it (length, checksum) is the transport's.
///
/// Head, 37 bytes: group (4) · from id (8), from incarnation (8) · to id (8), to incarnation (8) · kind (1). A kind with its
/// highest bit set is followed by a trace context: trace (8 high, 8 low), span (8), flags (1, bit 0: sampled). Then by kind:
///
/// | kind | message | fields |
/// |---|---|---|
/// | 1 | VoteRequest | term 8, round 8, pre-vote 1, last term 8, last index 8, transferred from term 8 (zero for none) |
/// | 2 | VoteReply | term 8, asked term 8, round 8, pre-vote 1, granted 1 |
/// | 3 | AppendEntries | term 8, stream 4, sequence 8, previous term 8, previous index 8, commit 8, count 4, entries |
/// | 4 | AppendReply | term 8, stream 4, sequence 8, outcome 1 (bit 0: conflict, else matched; bit 1: no room for entries), term 8 (0 when matched), index 8, promise 8 |
/// | 5 | Heartbeat | term 8, stream 4, previous term 8, previous index 8, commit 8, round 8 |
/// | 6 | HeartbeatReply | term 8, stream 4, round 8, flags 1 (bit 0: has match; bit 1: no room for entries), accepted 8, matched 8, promise 8 |
/// | 7 | FormationQuery | nonce 8 |
/// | 8 | FormationAnswer | nonce 8, cluster 16 (zero when pristine) |
/// | 9 | Adopt | cluster 16 |
/// | 10 | TimeoutNow | term 8, last term 8, last index 8 |
/// | 11 | Removed | configuration's term 8, configuration's index 8 |
/// | 12 | InstallSnapshot | term 8, stream 4, offset 8, snapshot (4-byte length and `Snapshot.encoded`), bytes (4-byte length and bytes) |
/// | 13 | InstallSnapshotReply | term 8, stream 4, last term 8, last index 8, size 8, checksum 4, outcome 1 (0 wants, 1 installed), offset or index 8 |
/// | 14 | ReadIndex | term 8, start 8, number 8, asked 8 |
/// | 15 | ReadIndexReply | term 8, start 8, number 8, asked 8, leads 1, index 8 (0 when it does not lead) |
/// | 16 | LogDamaged | term 8, stream 4, intact term 8, intact index 8, lost snapshot's index 8 (zero for none) |
///
/// Entries stand as `EntryHeader` describes them, from index previous + 1 on.
public enum MessageCodec {
    /// Bytes of the largest envelope without its entries, and without the snapshot that an InstallSnapshot carries.
    public static let maximumHeadBytes = 160
    /// Of a kind: a trace context follows.
    private static let traced: UInt8 = 0x80

    /// The envelope without its entries, and the entries, whose bytes follow it: a transport copies them straight into
    /// its buffer.
    public static func encode(_ envelope: Envelope) -> (head: [UInt8], entries: EntryBatch) {
        var writer = ByteWriter(capacity: maximumHeadBytes)
        writer.write(envelope.group.rawValue)
        writer.write(envelope.from.id.rawValue)
        writer.write(envelope.from.incarnation.rawValue)
        writer.write(envelope.to.id.rawValue)
        writer.write(envelope.to.incarnation.rawValue)
        func write(_ id: LogID) {
            writer.write(id.term.rawValue)
            writer.write(id.index.rawValue)
        }
        func begin(_ kind: UInt8) {
            writer.write(envelope.trace == nil ? kind : kind | traced)
            if let trace = envelope.trace { writer.write(trace) }
        }
        func write(_ flag: Bool) { writer.write(UInt8(flag ? 1 : 0)) }
        func writeFlags(_ first: Bool, _ second: Bool) { writer.write(UInt8((first ? 1 : 0) | (second ? 2 : 0))) }
        switch envelope.message {
        case .voteRequest(let message):
            begin(1)
            writer.write(message.term.rawValue)
            writer.write(message.round)
            write(message.isPreVote)
            write(message.last)
            writer.write(message.transferredFrom.rawValue)
        case .voteReply(let message):
            begin(2)
            writer.write(message.term.rawValue)
            writer.write(message.askedTerm.rawValue)
            writer.write(message.round)
            write(message.isPreVote)
            write(message.isGranted)
        case .appendEntries(let message):
            begin(3)
            writer.write(message.term.rawValue)
            writer.write(message.stream)
            writer.write(message.sequence)
            write(message.previous)
            writer.write(message.leaderCommit.rawValue)
            writer.write(UInt32(message.entries.count))
            return (writer.bytes, message.entries)
        case .appendReply(let message):
            begin(4)
            writer.write(message.term.rawValue)
            writer.write(message.stream)
            writer.write(message.sequence)
            switch message.outcome {
            case .matched(let index):
                writeFlags(false, message.lacksRoom)
                write(LogID(term: .zero, index: index))
            case .conflict(let hint):
                writeFlags(true, message.lacksRoom)
                write(hint)
            }
            writer.write(message.promise)
        case .heartbeat(let message):
            begin(5)
            writer.write(message.term.rawValue)
            writer.write(message.stream)
            write(message.previous)
            writer.write(message.leaderCommit.rawValue)
            writer.write(message.round)
        case .heartbeatReply(let message):
            begin(6)
            writer.write(message.term.rawValue)
            writer.write(message.stream)
            writer.write(message.round)
            writeFlags(message.hasMatch, message.lacksRoom)
            writer.write(message.accepted.rawValue)
            writer.write(message.matched.rawValue)
            writer.write(message.promise)
        case .formationQuery(let message):
            begin(7)
            writer.write(message.nonce)
        case .formationAnswer(let message):
            begin(8)
            writer.write(message.nonce)
            writer.write(message.cluster?.high ?? 0)
            writer.write(message.cluster?.low ?? 0)
        case .adopt(let message):
            begin(9)
            writer.write(message.cluster.high)
            writer.write(message.cluster.low)
        case .timeoutNow(let message):
            begin(10)
            writer.write(message.term.rawValue)
            write(message.last)
        case .removed(let message):
            begin(11)
            write(message.configuration)
        case .logDamaged(let message):
            begin(16)
            writer.write(message.term.rawValue)
            writer.write(message.stream)
            write(message.intact)
            writer.write(message.lostSnapshot.rawValue)
        case .installSnapshot(let message):
            begin(12)
            writer.write(message.term.rawValue)
            writer.write(message.stream)
            writer.write(message.offset)
            writer.writeBlock(message.snapshot.encoded())
            writer.writeBlock(message.bytes)
        case .installSnapshotReply(let message):
            begin(13)
            writer.write(message.term.rawValue)
            writer.write(message.stream)
            write(message.snapshot.last)
            writer.write(message.snapshot.size)
            writer.write(message.snapshot.checksum)
            switch message.outcome {
            case .wants(let offset):
                write(false)
                writer.write(offset)
            case .installed(let index):
                write(true)
                writer.write(index.rawValue)
            }
        case .readIndex(let message):
            begin(14)
            writer.write(message.term.rawValue)
            writer.write(message.start)
            writer.write(message.number)
            writer.write(message.asked.rawValue)
        case .readIndexReply(let message):
            begin(15)
            writer.write(message.term.rawValue)
            writer.write(message.start)
            writer.write(message.number)
            writer.write(message.asked.rawValue)
            write(message.index != nil)
            writer.write(message.index?.rawValue ?? 0)
        }
        return (writer.bytes, .empty)
    }

    /// Reads one envelope from exactly `bytes`, and verifies every entry in it.
    /// - Throws: `WireError`; or `EntryError` of reason `future` when a newer release wrote an entry (rule L13).
    public static func decode(_ bytes: UnsafeRawBufferPointer) throws -> Envelope {
        var reader = ByteReader(bytes)
        let group = GroupID(rawValue: try reader.read())
        let from = Member(id: NodeID(try reader.read()), incarnation: Incarnation(try reader.read()))
        let to = Member(id: NodeID(try reader.read()), incarnation: Incarnation(try reader.read()))
        let kind: UInt8 = try reader.read()
        let trace = kind & traced == 0 ? nil : try reader.readTrace()
        let message = try decodeMessage(kind & ~traced, &reader)
        try reader.finish()
        return Envelope(group: group, from: from, to: to, message: message, trace: trace)
    }

    private static func decodeMessage(_ kind: UInt8, _ reader: inout ByteReader) throws -> Message {
        func readTerm(_ reader: inout ByteReader) throws(WireError) -> Term { Term(try reader.readBounded()) }
        func readIndex(_ reader: inout ByteReader) throws(WireError) -> LogIndex {
            LogIndex(try reader.readBounded())
        }
        func readID(_ reader: inout ByteReader) throws(WireError) -> LogID {
            LogID(term: try readTerm(&reader), index: try readIndex(&reader))
        }
        func readCluster(_ reader: inout ByteReader) throws(WireError) -> ClusterID? {
            let cluster = ClusterID(high: try reader.read(), low: try reader.read())
            return cluster.high == 0 && cluster.low == 0 ? nil : cluster
        }
        switch kind {
        case 1:
            return .voteRequest(
                VoteRequest(
                    term: try readTerm(&reader), round: try reader.read(), isPreVote: try reader.readBool(),
                    last: try readID(&reader), transferredFrom: try readTerm(&reader)))
        case 2:
            return .voteReply(
                VoteReply(
                    term: try readTerm(&reader), askedTerm: try readTerm(&reader), round: try reader.read(),
                    isPreVote: try reader.readBool(), isGranted: try reader.readBool()))
        case 3:
            let term = try readTerm(&reader)
            let stream: UInt32 = try reader.read()
            let sequence: UInt64 = try reader.read()
            let previous = try readID(&reader)
            let commit = try readIndex(&reader)
            let count = Int(try reader.read(UInt32.self))
            let raw = try reader.readRaw(reader.remaining)
            let entries: EntryBatch
            do {
                entries =
                    count == 0 && raw.isEmpty
                    ? .empty
                    : try EntryBatch(verifying: [UInt8](raw), firstIndex: previous.index.next, count: count)
            } catch {
                if error.reason == .future { throw error }
                throw WireError.badEntry(error)
            }
            return .appendEntries(
                AppendEntries(
                    term: term, stream: stream, sequence: sequence, previous: previous, leaderCommit: commit,
                    entries: entries))
        case 4:
            let term = try readTerm(&reader)
            let stream: UInt32 = try reader.read()
            let sequence: UInt64 = try reader.read()
            let (isConflict, lacksRoom) = try reader.readFlags()
            let id = try readID(&reader)
            return .appendReply(
                AppendReply(
                    term: term, stream: stream, sequence: sequence,
                    outcome: isConflict ? .conflict(hint: id) : .matched(id.index),
                    promise: try reader.readBounded(), lacksRoom: lacksRoom))
        case 5:
            return .heartbeat(
                Heartbeat(
                    term: try readTerm(&reader), stream: try reader.read(), previous: try readID(&reader),
                    leaderCommit: try readIndex(&reader), round: try reader.read()))
        case 6:
            let term = try readTerm(&reader)
            let stream: UInt32 = try reader.read()
            let round: UInt64 = try reader.read()
            let (hasMatch, lacksRoom) = try reader.readFlags()
            return .heartbeatReply(
                HeartbeatReply(
                    term: term, stream: stream, round: round, hasMatch: hasMatch, accepted: try readIndex(&reader),
                    matched: try readIndex(&reader), promise: try reader.readBounded(), lacksRoom: lacksRoom))
        case 7:
            return .formationQuery(FormationQuery(nonce: try reader.read()))
        case 8:
            return .formationAnswer(FormationAnswer(nonce: try reader.read(), cluster: try readCluster(&reader)))
        case 9:
            guard let cluster = try readCluster(&reader) else { throw WireError.outOfBounds(reader.offset - 16) }
            return .adopt(Adopt(cluster: cluster))
        case 10:
            return .timeoutNow(TimeoutNow(term: try readTerm(&reader), last: try readID(&reader)))
        case 11:
            return .removed(Removed(configuration: try readID(&reader)))
        case 12:
            let term = try readTerm(&reader)
            let stream: UInt32 = try reader.read()
            let offset = try reader.readBounded()
            let header = try reader.readRaw(Int(try reader.read(UInt32.self)))
            let snapshot: Snapshot
            do {
                snapshot = try Snapshot(decoding: header)
            } catch {
                if error.reason == .future { throw error }
                throw WireError(description: "holds no snapshot: \(error)")
            }
            let bytes = [UInt8](try reader.readRaw(Int(try reader.read(UInt32.self))))
            guard offset <= snapshot.size, UInt64(bytes.count) <= snapshot.size - offset else {
                throw WireError(description: "holds bytes past the end of the snapshot")
            }
            return .installSnapshot(
                InstallSnapshot(term: term, stream: stream, snapshot: snapshot, offset: offset, bytes: bytes))
        case 13:
            let term = try readTerm(&reader)
            let stream: UInt32 = try reader.read()
            let last = try readID(&reader)
            let id = SnapshotID(last: last, size: try reader.readBounded(), checksum: try reader.read())
            let isInstalled = try reader.readBool()
            let number = try reader.readBounded()
            return .installSnapshotReply(
                InstallSnapshotReply(
                    term: term, stream: stream, snapshot: id,
                    outcome: isInstalled ? .installed(LogIndex(number)) : .wants(number)))
        case 14:
            return .readIndex(
                ReadIndex(
                    term: try readTerm(&reader), start: try reader.read(), number: try reader.read(),
                    asked: Instant(nanoseconds: try reader.read())))
        case 15:
            let term = try readTerm(&reader)
            let start: UInt64 = try reader.read()
            let number: UInt64 = try reader.read()
            let asked = Instant(nanoseconds: try reader.read())
            let leads = try reader.readBool()
            let index = try readIndex(&reader)
            return .readIndexReply(
                ReadIndexReply(term: term, start: start, number: number, asked: asked, index: leads ? index : nil))
        case 16:
            return .logDamaged(
                LogDamaged(
                    term: try readTerm(&reader), stream: try reader.read(), intact: try readID(&reader),
                    lostSnapshot: try readIndex(&reader)))
        default:
            throw WireError.unknownKind(kind)
        }
    }
}
