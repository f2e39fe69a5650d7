import RaftCore
import RaftMembership

extension Message {
    /// One line, for people.
    package var summary: String {
        switch self {
        case .voteRequest(let request): "\(name) term \(request.term) round \(request.round) last \(request.last)"
        case .voteReply(let reply):
            "\(name) term \(reply.term) for \(reply.askedTerm) round \(reply.round) \(reply.isGranted ? "yes" : "no")"
        case .appendEntries(let request):
            "\(name) term \(request.term) stream \(request.stream).\(request.sequence) previous \(request.previous) "
                + "entries \(request.entries.count) commit \(request.leaderCommit)"
        case .appendReply(let reply):
            switch reply.outcome {
            case .matched(let index):
                "\(name) term \(reply.term) stream \(reply.stream).\(reply.sequence) matched \(index)"
                    + (reply.lacksRoom ? ", no room" : "")
            case .conflict(let hint):
                "\(name) term \(reply.term) stream \(reply.stream).\(reply.sequence) conflict, try \(hint)"
            }
        case .heartbeat(let beat):
            "\(name) term \(beat.term) stream \(beat.stream) previous \(beat.previous) commit \(beat.leaderCommit) "
                + "round \(beat.round)"
        case .heartbeatReply(let reply):
            "\(name) term \(reply.term) stream \(reply.stream) round \(reply.round) "
                + (reply.hasMatch ? "accepted \(reply.accepted) matched \(reply.matched)" : "no match")
                + (reply.lacksRoom ? ", no room" : "")
        case .installSnapshot(let request):
            "\(name) term \(request.term) stream \(request.stream) \(request.snapshot.id) at \(request.offset) "
                + "bytes \(request.bytes.count)"
        case .installSnapshotReply(let reply):
            switch reply.outcome {
            case .wants(let offset):
                "\(name) term \(reply.term) stream \(reply.stream) \(reply.snapshot) wants \(offset)"
            case .installed(let index): "\(name) term \(reply.term) stream \(reply.stream) installed \(index)"
            }
        case .timeoutNow(let message): "\(name) term \(message.term) last \(message.last)"
        case .logDamaged(let message):
            "\(name) term \(message.term) stream \(message.stream) intact \(message.intact) "
                + "lost snapshot \(message.lostSnapshot)"
        case .removed(let message): "\(name) by \(message.configuration)"
        case .readIndex(let question): "\(name) term \(question.term) question \(question.start).\(question.number)"
        case .readIndexReply(let reply):
            "\(name) term \(reply.term) question \(reply.start).\(reply.number) "
                + (reply.index.map { "read at \($0)" } ?? "does not lead")
        case .formationQuery(let query): "\(name) \(query.nonce)"
        case .formationAnswer(let answer): "\(name) \(answer.nonce) \(answer.cluster.map { "\($0)" } ?? "pristine")"
        case .adopt(let adopt): "\(name) \(adopt.cluster)"
        }
    }
}

extension Message {
    /// Every number that the message carries, in a fixed order, for the fingerprint of a trace; entries by their size.
    func forEachNumber(_ body: (UInt64) -> Void) {
        func id(_ id: LogID) {
            body(id.term.rawValue)
            body(id.index.rawValue)
        }
        switch self {
        case .voteRequest(let request):
            body(1 << 8 | (request.isPreVote ? 1 : 0))
            body(request.term.rawValue)
            body(request.round)
            id(request.last)
            if request.transferredFrom != .zero { body(request.transferredFrom.rawValue) }
        case .voteReply(let reply):
            body(2 << 8 | (reply.isPreVote ? 1 : 0) | (reply.isGranted ? 2 : 0))
            body(reply.term.rawValue)
            body(reply.askedTerm.rawValue)
            body(reply.round)
        case .appendEntries(let request):
            body(3 << 8)
            body(request.term.rawValue)
            body(UInt64(request.stream))
            body(request.sequence)
            id(request.previous)
            body(request.leaderCommit.rawValue)
            body(UInt64(request.entries.count))
            body(UInt64(request.entries.byteCount))
        case .appendReply(let reply):
            body(4 << 8 | (reply.lacksRoom ? 2 : 0))
            body(reply.term.rawValue)
            body(UInt64(reply.stream))
            body(reply.sequence)
            switch reply.outcome {
            case .matched(let index):
                body(0)
                id(LogID(term: .zero, index: index))
            case .conflict(let hint):
                body(1)
                id(hint)
            }
        case .heartbeat(let beat):
            body(5 << 8)
            body(beat.term.rawValue)
            body(UInt64(beat.stream))
            id(beat.previous)
            body(beat.leaderCommit.rawValue)
            body(beat.round)
        case .heartbeatReply(let reply):
            body(6 << 8 | (reply.hasMatch ? 1 : 0) | (reply.lacksRoom ? 2 : 0))
            body(reply.term.rawValue)
            body(UInt64(reply.stream))
            body(reply.round)
            body(reply.accepted.rawValue)
            body(reply.matched.rawValue)
        case .installSnapshot(let request):
            body(12 << 8)
            body(request.term.rawValue)
            body(UInt64(request.stream))
            id(request.snapshot.last)
            body(UInt64(request.snapshot.checksum))
            body(request.offset)
            body(UInt64(request.bytes.count))
        case .installSnapshotReply(let reply):
            body(13 << 8)
            body(reply.term.rawValue)
            body(UInt64(reply.stream))
            id(reply.snapshot.last)
            switch reply.outcome {
            case .wants(let offset): body(offset)
            case .installed(let index): body(index.rawValue | 1 << 63)
            }
        case .logDamaged(let message):
            body(16 << 8)
            body(message.term.rawValue)
            body(UInt64(message.stream))
            id(message.intact)
            body(message.lostSnapshot.rawValue)
        case .timeoutNow(let message):
            body(10 << 8)
            body(message.term.rawValue)
            id(message.last)
        case .removed(let message):
            body(11 << 8)
            id(message.configuration)
        case .readIndex(let question):
            body(14 << 8)
            body(question.term.rawValue)
            body(question.start)
            body(question.number)
            body(question.asked.rawValue)
        case .readIndexReply(let reply):
            body(15 << 8 | (reply.index == nil ? 0 : 1))
            body(reply.term.rawValue)
            body(reply.start)
            body(reply.number)
            body(reply.asked.rawValue)
            body(reply.index?.rawValue ?? 0)
        case .formationQuery(let query):
            body(7 << 8)
            body(query.nonce)
        case .formationAnswer(let answer):
            body(8 << 8)
            body(answer.nonce)
            body(answer.cluster?.high ?? 0)
            body(answer.cluster?.low ?? 0)
        case .adopt(let adopt):
            body(9 << 8)
            body(adopt.cluster.high)
            body(adopt.cluster.low)
        }
    }
}
