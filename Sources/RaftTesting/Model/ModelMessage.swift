import RaftCore
import RaftMembership

/// A message on its way, with what is asked about it often.
struct ModelMessage: Sendable {
    let envelope: Envelope
    /// What the snapshot holds that the message brings, or offers.
    let log: LogHandle
    private let logFingerprint: UInt64
    let from: Int
    let to: Int
    /// Which deliveries may differ: loyalty and patience are a matter of time.
    let isTimed: Bool

    init(_ envelope: Envelope, bringing log: LogHandle, _ logs: LogTree) {
        self.envelope = envelope
        self.log = log
        logFingerprint = logs.fingerprint(of: log)
        from = ModelRoot.slot(of: envelope.from)
        to = ModelRoot.slot(of: envelope.to)
        isTimed =
            switch envelope.message {
            case .voteRequest, .heartbeatReply: true
            default: false
            }
    }

    var hasEntries: Bool {
        if case .appendEntries(let request) = envelope.message { !request.entries.isEmpty } else { false }
    }

    var isVoteRequest: Bool {
        if case .voteRequest = envelope.message { true } else { false }
    }

    /// Whether it can change nothing at its addressee any more, in whatever state that server will be. Only replies can
    /// be: terms never fall below what is durable, a term is campaigned for once, a leadership that ended in a term does
    /// not come back in it, and streams only rise. Whoever breaks such a rule on purpose must not have them forgotten.
    func isDead(to server: ModelServer) -> Bool {
        let durable = server.hard.term
        switch envelope.message {
        case .voteReply(let reply):
            if reply.term > durable { return false }
            if reply.isPreVote || reply.askedTerm < durable { return reply.askedTerm <= durable }
            return reply.askedTerm == durable && server.engine.role != .candidate
        case .appendReply(let reply):
            return isDead(term: reply.term, stream: reply.stream, to: server)
        case .heartbeatReply(let reply):
            return isDead(term: reply.term, stream: reply.stream, to: server)
        case .installSnapshotReply(let reply):
            return isDead(term: reply.term, stream: reply.stream, to: server)
        default:
            return false
        }
    }

    private func isDead(term: Term, stream: UInt32, to server: ModelServer) -> Bool {
        if term != server.hard.term { return term < server.hard.term }
        let engine = server.engine
        guard engine.role == .leader, engine.term == term else { return true }
        guard let progress = engine.progress.first(where: { $0.member == ModelRoot.member(from) }) else { return false }
        return progress.stream != stream
    }

    static let rulesThatReviveMessages: [Mutation] = [
        .countLateVotes, .acceptEarlierStream, .ignoreTermInReplies, .countVoteTwice, .raiseTermWithoutPersist,
        .requestVotesBeforePersist,
    ]
}

extension ModelMessage {
    var fingerprint: UInt64 {
        var hasher = StableHasher(seed: 2)
        switch envelope.message {
        case .voteRequest(let request):
            hasher.combine(1)
            hasher.combine(request.term.rawValue)
            hasher.combine(request.round)
            hasher.combine(request.isPreVote)
            hasher.combine(request.last.term.rawValue)
            hasher.combine(request.last.index.rawValue)
            hasher.combine(request.transferredFrom.rawValue)
        case .installSnapshot(let request):
            hasher.combine(9)
            hasher.combine(request.term.rawValue)
            hasher.combine(UInt64(request.stream))
            hasher.combine(request.snapshot.last.term.rawValue)
            hasher.combine(request.snapshot.last.index.rawValue)
            hasher.combine(request.snapshot.size)
            hasher.combine(request.offset)
            hasher.combine(request.bytes.count)
            hasher.combine(logFingerprint)
        case .installSnapshotReply(let reply):
            hasher.combine(10)
            hasher.combine(reply.term.rawValue)
            hasher.combine(UInt64(reply.stream))
            hasher.combine(reply.snapshot.last.term.rawValue)
            hasher.combine(reply.snapshot.last.index.rawValue)
            hasher.combine(reply.snapshot.size)
            hasher.combine(UInt64(reply.snapshot.checksum))
            switch reply.outcome {
            case .wants(let offset):
                hasher.combine(1)
                hasher.combine(offset)
            case .installed(let index):
                hasher.combine(2)
                hasher.combine(index.rawValue)
            }
        case .logDamaged: preconditionFailure("no disk of a model is damaged")
        case .voteReply(let reply):
            hasher.combine(2)
            hasher.combine(reply.term.rawValue)
            hasher.combine(reply.askedTerm.rawValue)
            hasher.combine(reply.round)
            hasher.combine(reply.isPreVote)
            hasher.combine(reply.isGranted)
        case .appendEntries(let request):
            hasher.combine(3)
            hasher.combine(request.term.rawValue)
            hasher.combine(UInt64(request.stream))
            hasher.combine(request.sequence)
            hasher.combine(request.previous.term.rawValue)
            hasher.combine(request.previous.index.rawValue)
            hasher.combine(request.leaderCommit.rawValue)
            request.entries.withUnsafeBytes { hasher.combine($0) }
        case .appendReply(let reply):
            hasher.combine(4)
            hasher.combine(reply.term.rawValue)
            hasher.combine(UInt64(reply.stream))
            hasher.combine(reply.sequence)
            switch reply.outcome {
            case .matched(let index):
                hasher.combine(1)
                hasher.combine(index.rawValue)
            case .conflict(let hint):
                hasher.combine(2)
                hasher.combine(hint.term.rawValue)
                hasher.combine(hint.index.rawValue)
            }
        case .heartbeat(let heartbeat):
            hasher.combine(5)
            hasher.combine(heartbeat.term.rawValue)
            hasher.combine(UInt64(heartbeat.stream))
            hasher.combine(heartbeat.previous.term.rawValue)
            hasher.combine(heartbeat.previous.index.rawValue)
            hasher.combine(heartbeat.leaderCommit.rawValue)
            hasher.combine(heartbeat.round)
        case .heartbeatReply(let reply):
            hasher.combine(6)
            hasher.combine(reply.term.rawValue)
            hasher.combine(UInt64(reply.stream))
            hasher.combine(reply.round)
            hasher.combine(reply.hasMatch)
            hasher.combine(reply.accepted.rawValue)
            hasher.combine(reply.matched.rawValue)
        case .timeoutNow(let message):
            hasher.combine(7)
            hasher.combine(message.term.rawValue)
            hasher.combine(message.last.term.rawValue)
            hasher.combine(message.last.index.rawValue)
        case .removed(let message):
            hasher.combine(8)
            hasher.combine(message.configuration.term.rawValue)
            hasher.combine(message.configuration.index.rawValue)
        case .formationQuery, .formationAnswer, .adopt:
            preconditionFailure("a model begins with a cluster that was formed")
        case .readIndex, .readIndexReply: preconditionFailure("only leaders are asked to read in a model")
        }
        return hasher.value
    }
}

extension ModelMessage: CustomStringConvertible {
    /// `VoteRequest from 1 (term 3, last 2@2)`
    var description: String {
        let body =
            switch envelope.message {
            case .voteRequest(let request): "term \(request.term), last \(request.last)"
            case .voteReply(let reply):
                "\(reply.isGranted ? "granted" : "refused") for term \(reply.askedTerm), in term \(reply.term)"
            case .appendEntries(let request):
                "term \(request.term), previous \(request.previous), "
                    + "\((0..<request.entries.count).map { "\(request.entries.id(at: $0))" }), "
                    + "commit \(request.leaderCommit)"
            case .appendReply(let reply):
                switch reply.outcome {
                case .matched(let index): "term \(reply.term), matched \(index)"
                case .conflict(let hint): "term \(reply.term), conflict, hint \(hint)"
                }
            case .heartbeat(let heartbeat):
                "term \(heartbeat.term), round \(heartbeat.round), previous \(heartbeat.previous), "
                    + "commit \(heartbeat.leaderCommit)"
            case .heartbeatReply(let reply):
                "term \(reply.term), round \(reply.round), matched \(reply.matched), accepted \(reply.accepted)"
            case .installSnapshot(let request):
                "term \(request.term), \(request.snapshot.id)"
                    + (request.bytes.isEmpty ? ", offered" : ", \(request.bytes.count) from \(request.offset)")
            case .installSnapshotReply(let reply):
                switch reply.outcome {
                case .wants(let offset): "term \(reply.term), wants \(reply.snapshot) from \(offset)"
                case .installed(let index): "term \(reply.term), installed \(index)"
                }
            case .timeoutNow(let message): "term \(message.term), last \(message.last)"
            case .removed(let message): "by configuration \(message.configuration)"
            default: ""
            }
        return "\(envelope.message.name) from \(from + 1) (\(body))"
    }
}
