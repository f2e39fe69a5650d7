import RaftMembership
import RaftTracing

/// The spans of what a node does: of traced proposals on their way through the log, of reads, campaigns and snapshots.
///
/// Made only where spans go somewhere. What is not sampled never comes here: proposals without a context are told apart
/// once a batch, and messages carry a context only when there is one. Confined to the driver's lane; everything is
/// bounded, and what exceeds the bound goes on untraced.
final class DriverSpans {
    /// Open spans of one kind, and traced entries on their way.
    private static let limit = 1024
    /// Messages to one peer.
    private static let mostSent = 256
    /// Of a batch that belongs to more traces the others are not named.
    private static let mostLinks = 32

    private struct Open {
        /// It ends when the log's mark of its kind has come up to here.
        var through: LogIndex
        var span: OpenSpan
    }

    /// An entry that is traced, or the last one of a message that is.
    private struct Entry {
        var index: LogIndex
        var trace: TraceContext
    }

    private struct Sent {
        var peer: NodeID
        var through: LogIndex
        var span: OpenSpan
    }

    let tracer: Tracer
    /// Traced entries that the machine has not been given yet, in the order of the log.
    private var entries: [Entry] = []
    private var persists: [Open] = []
    private var commits: [Open] = []
    private var applies: [Open] = []
    private var sent: [Sent] = []
    private var confirms: [(id: UInt64, span: OpenSpan)] = []
    private var votes: [(candidate: NodeID, span: OpenSpan)] = []
    private var answers: [OpenSpan] = []
    private var changes: [(id: CallID, span: OpenSpan)] = []
    private var election: OpenSpan?
    private var snapshot: (order: UInt64, span: OpenSpan)?
    private var outgoing: [(peer: NodeID, span: OpenSpan)] = []
    private var incoming: (id: SnapshotID, span: OpenSpan)?
    /// Of the last message with a piece of a snapshot.
    private var offered: (peer: NodeID, trace: TraceContext)?

    /// Nil where spans go nowhere.
    init?(_ tracer: Tracer) {
        guard tracer.hasSpans else { return nil }
        self.tracer = tracer
    }

    // MARK: Entries

    /// The leader has appended these, as a batch.
    func appended(_ proposals: some Collection<Proposal>, from first: LogIndex, term: Term) {
        let last = first + (proposals.count - 1)
        var traces: [TraceContext] = []
        for (position, proposal) in proposals.enumerated() {
            guard let trace = proposal.trace, entries.count < Self.limit else { continue }
            entries.append(Entry(index: first + position, trace: trace))
            // Proposals of one call have one context.
            if traces.last != trace { traces.append(trace) }
        }
        begin(traces, through: last, count: proposals.count, term)
    }

    /// An entry that the node made itself, for a call of this trace.
    private func appended(_ trace: TraceContext, at id: LogID) {
        guard entries.count < Self.limit, entries.last.map({ $0.index < id.index }) ?? true else { return }
        entries.append(Entry(index: id.index, trace: trace))
        begin([trace], through: id.index, count: 1, id.term)
    }

    private func begin(_ traces: [TraceContext], through last: LogIndex, count: Int, _ term: Term) {
        let fields: [TraceField] = [.index(last.rawValue), .count(count), .term(term.rawValue)]
        begin(.persist, of: traces, through: last, fields, in: &persists)
        begin(.commit, of: traces, through: last, fields, in: &commits)
    }

    private func begin(
        _ name: SpanName, of traces: [TraceContext], through last: LogIndex, _ fields: [TraceField],
        in open: inout [Open]
    ) {
        // In the order in which they end.
        guard open.count < Self.limit, open.last.map({ $0.through <= last }) ?? true else { return }
        if let span = start(name, of: traces, fields) { open.append(Open(through: last, span: span)) }
    }

    /// A span of all these traces: a child of the first, linked to the others.
    private func start(_ name: SpanName, of traces: [TraceContext], _ fields: [TraceField]) -> OpenSpan? {
        guard let first = traces.first else { return nil }
        return tracer.startSpan(name, in: first, links: traces.dropFirst().prefix(Self.mostLinks), fields)
    }

    /// Ends what the log's marks have come up to.
    func follow(_ engine: RaftEngine) {
        for answer in answers { tracer.end(answer) }
        answers.removeAll()
        end(&persists, through: engine.log.flushed)
        if isBeyond(engine.log.last.index) { lost(after: engine.log.last.index) }
        end(&commits, through: engine.commitIndex)
        apply(through: engine.commitIndex)
        end(&applies, through: engine.appliedIndex)
        guard !sent.isEmpty || !outgoing.isEmpty, engine.role != .leader else { return }
        for span in sent.map(\.span) + outgoing.map(\.span) { end(span, "the node does not lead any more") }
        sent.removeAll()
        outgoing.removeAll()
    }

    private func end(_ open: inout [Open], through index: LogIndex) {
        var count = 0
        while count < open.count, open[count].through <= index {
            tracer.end(open[count].span)
            count += 1
        }
        if count > 0 { open.removeFirst(count) }
    }

    private func apply(through index: LogIndex) {
        guard let first = entries.first, first.index <= index else { return }
        let ready = entries.prefix { $0.index <= index }
        var traces: [TraceContext] = []
        for entry in ready where traces.last != entry.trace { traces.append(entry.trace) }
        let last = ready.last?.index ?? index
        begin(.apply, of: traces, through: last, [.index(last.rawValue)], in: &applies)
        entries.removeFirst(ready.count)
    }

    private func isBeyond(_ index: LogIndex) -> Bool {
        [persists.last?.through, commits.last?.through, entries.last?.index].contains { $0.map { $0 > index } ?? false }
    }

    /// The log has nothing after `index`, or something else: what became of the commands there is not known here.
    private func lost(after index: LogIndex) {
        entries.removeAll { $0.index > index }
        for open in (persists + commits) where open.through > index {
            tracer.fail(open.span, "the entries gave way to another leader's, or found no room")
        }
        persists.removeAll { $0.through > index }
        commits.removeAll { $0.through > index }
    }

    // MARK: Messages

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

    // MARK: Reads and changes

    func readRequested(_ id: UInt64, _ trace: TraceContext) {
        guard confirms.count < Self.limit, let span = tracer.startSpan(.confirm, in: trace) else { return }
        confirms.append((id, span))
    }

    func readEnded(_ id: UInt64, _ why: Rejection? = nil) {
        guard let position = confirms.firstIndex(where: { $0.id == id }) else { return }
        end(confirms.remove(at: position).span, why.map { "\($0)" })
    }

    func changeBegan(_ id: CallID, _ trace: TraceContext) {
        guard changes.count < Self.limit, let span = tracer.startSpan(.change, in: trace) else { return }
        changes.append((id, span))
    }

    func changeEnded(_ id: CallID, _ why: String?) {
        guard let position = changes.firstIndex(where: { $0.id == id }) else { return }
        end(changes.remove(at: position).span, why)
    }

    // MARK: What the node does of itself

    func note(_ event: EngineEvent, _ engine: RaftEngine) {
        switch event {
        case .electionStarted(let term, _):
            if election == nil { election = tracer.startSpan(.election, in: nil, [.term(term.rawValue)]) }
        case .roleChanged(let role, let term):
            guard let span = election, role != .candidate, role != .preCandidate else { return }
            election = nil
            span.set([.term(term.rawValue)])
            end(span, role == .leader ? nil : "the node is \(role.rawValue) in term \(term)")
        case .configurationAdopted(let id, _):
            // One change is under way at a time.
            if engine.role == .leader, let change = changes.first { appended(change.span.context, at: id) }
        case .snapshotOffered(let peer, let id):
            endOutgoing(to: peer, "another snapshot is offered")
            let fields: [TraceField] = [.peer(peer.rawValue), .index(id.last.index.rawValue)]
            if outgoing.count < Self.limit, let span = tracer.startSpan(.sendSnapshot, in: nil, fields) {
                outgoing.append((peer, span))
            }
        case .snapshotDelivered(let peer, _): endOutgoing(to: peer, nil)
        case .snapshotInstalled(let id): if incoming?.id == id { endIncoming(nil) }
        case .truncated(let index, _): lost(after: index)
        default: break
        }
    }

    func snapshotBegan(_ order: UInt64, _ snapshot: Snapshot) {
        self.snapshot = tracer.startSpan(.snapshot, in: nil, [.index(snapshot.last.index.rawValue)]).map { (order, $0) }
    }

    func snapshotEnded(_ order: UInt64, _ why: String?) {
        guard let snapshot, snapshot.order == order else { return }
        self.snapshot = nil
        end(snapshot.span, why)
    }

    private func endOutgoing(to peer: NodeID, _ why: String?) {
        for transfer in outgoing where transfer.peer == peer { end(transfer.span, why) }
        outgoing.removeAll { $0.peer == peer }
    }

    private func endIncoming(_ why: String?) {
        if let incoming { end(incoming.span, why) }
        incoming = nil
    }

    private func end(_ span: OpenSpan, _ why: String?) {
        if let why {
            tracer.fail(span, why, [.outcome("failed")])
        } else {
            tracer.end(span, [.outcome("done")])
        }
    }

    /// The node ends.
    func endAll(_ reason: String) {
        let open =
            persists.map(\.span) + commits.map(\.span) + applies.map(\.span) + sent.map(\.span) + confirms.map(\.span)
            + votes.map(\.span) + answers + changes.map(\.span) + outgoing.map(\.span)
            + [election, snapshot?.span, incoming?.span].compactMap { $0 }
        for span in open { tracer.fail(span, reason) }
        (entries, persists, commits, applies, sent) = ([], [], [], [], [])
        (confirms, votes, answers, changes, outgoing) = ([], [], [], [], [])
        (election, snapshot, incoming, offered) = (nil, nil, nil, nil)
    }
}
