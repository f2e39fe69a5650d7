import RaftMembership
import RaftTracing

// Messages: what they are caused by, and what they cause.
extension DriverSpans {
    /// What a message that is sent now is caused by.
    func sends(_ message: Message, to peer: Member) -> TraceContext? {
        switch message {
        case .appendEntries(let request): return replicates(request, to: peer)
        case .heartbeat, .readIndex: return confirms.first?.span.context
        case .voteRequest: return election?.context
        case .installSnapshot: return outgoing.first { $0.peer == peer.id }?.span.context
        case .voteReply:
            for vote in votes where vote.candidate == peer.id { tracer.end(vote.span) }
            votes.removeAll { $0.candidate == peer.id }
            return nil
        default: return nil
        }
    }

    private func replicates(_ request: AppendEntries, to peer: Member) -> TraceContext? {
        guard !entries.isEmpty, !request.entries.isEmpty else { return nil }
        let first = request.previous.index.next
        let last = request.previous.index + request.entries.count
        var traces: [TraceContext] = []
        for entry in entries where first <= entry.index && entry.index <= last && traces.last != entry.trace {
            traces.append(entry.trace)
        }
        guard !traces.isEmpty else { return nil }
        endSent(to: peer.id, "it was sent again") { $0.through == last }
        guard sent.count(where: { $0.peer == peer.id }) < Self.mostSent else { return nil }
        let fields: [TraceField] = [
            .peer(peer.id.rawValue), .index(last.rawValue), .count(request.entries.count), .term(request.term.rawValue),
        ]
        guard let span = start(.replicate, of: traces, fields) else { return nil }
        sent.append(Sent(peer: peer.id, through: last, span: span))
        return span.context
    }

    /// Before the engine learns of it.
    func receives(_ envelope: Envelope) {
        let peer = envelope.from.id
        if case .appendReply(let reply) = envelope.message { acknowledged(reply, by: peer) }
        guard let trace = envelope.trace else { return }
        let fields: [TraceField] = [.peer(peer.rawValue), .message(envelope.message.name)]
        switch envelope.message {
        case .appendEntries: break
        case .voteRequest(let request):
            // The former one was not answered: the node was fenced, or its disk stood still.
            for vote in votes where vote.candidate == peer { end(vote.span, "it was not answered") }
            votes.removeAll { $0.candidate == peer }
            guard votes.count < Self.limit else { return }
            if let span = tracer.startSpan(.vote, in: trace, fields + [.term(request.term.rawValue)]) {
                votes.append((peer, span))
            }
        case .installSnapshot: offered = (peer, trace)
        default:
            guard answers.count < Self.limit else { return }
            if let span = tracer.startSpan(.answer, in: trace, fields) { answers.append(span) }
        }
    }

    /// After the engine has looked at it.
    func follows(_ request: AppendEntries, _ trace: TraceContext, _ engine: RaftEngine) {
        let count = request.entries.count
        guard count > 0, engine.term == request.term else { return }
        let last = request.previous.index + count
        // Not what does not follow from this log, nor what is old.
        guard engine.log.terms.term(at: last) == request.entries.term(at: count - 1) else { return }
        let fields: [TraceField] = [.index(last.rawValue), .count(count), .term(request.term.rawValue)]
        begin(.persist, of: [trace], through: last, fields, in: &persists)
        if entries.count < Self.limit, entries.last.map({ $0.index < last }) ?? true {
            entries.append(Entry(index: last, trace: trace))
        }
    }

    private func acknowledged(_ reply: AppendReply, by peer: NodeID) {
        guard !sent.isEmpty else { return }
        switch reply.outcome {
        case .matched(let index):
            for message in sent where message.peer == peer && message.through <= index { tracer.end(message.span) }
            sent.removeAll { $0.peer == peer && $0.through <= index }
        case .conflict:
            endSent(to: peer, "the logs differ") { _ in true }
        }
    }

    private func endSent(to peer: NodeID, _ why: String, _ isMeant: (Sent) -> Bool) {
        guard !sent.isEmpty else { return }
        for message in sent where message.peer == peer && isMeant(message) { tracer.fail(message.span, why) }
        sent.removeAll { $0.peer == peer && isMeant($0) }
    }

    func disconnected(_ peer: NodeID) { endSent(to: peer, "the connection is gone") { _ in true } }

    /// A piece of a snapshot's body is taken.
    func receivesSnapshot(_ snapshot: Snapshot) {
        guard let (peer, trace) = offered, incoming?.id != snapshot.id else { return }
        endIncoming("another snapshot came")
        let fields: [TraceField] = [.peer(peer.rawValue), .index(snapshot.last.index.rawValue)]
        incoming = tracer.startSpan(.installSnapshot, in: trace, fields).map { (snapshot.id, $0) }
    }
}
