import RaftMembership
import RaftTracing

/// The spans of what a node does: of traced proposals on their way through the log, of reads, campaigns and snapshots.
///
/// Made only where spans go somewhere. What is not sampled never comes here: proposals without a context are told apart
/// once a batch, and messages carry a context only when there is one. Confined to the driver's lane; everything is
/// bounded, and what exceeds the bound goes on untraced.
final class DriverSpans {
    /// Open spans of one kind, and traced entries on their way.
    static let limit = 1024
    /// Messages to one peer.
    static let mostSent = 256
    /// Of a batch that belongs to more traces the others are not named.
    private static let mostLinks = 32

    struct Open {
        /// It ends when the log's mark of its kind has come up to here.
        var through: LogIndex
        var span: OpenSpan
    }

    /// An entry that is traced, or the last one of a message that is.
    struct Entry {
        var index: LogIndex
        var trace: TraceContext
    }

    struct Sent {
        var peer: NodeID
        var through: LogIndex
        var span: OpenSpan
    }

    let tracer: Tracer
    /// Traced entries that the machine has not been given yet, in the order of the log.
    var entries: [Entry] = []
    var persists: [Open] = []
    var commits: [Open] = []
    var applies: [Open] = []
    var sent: [Sent] = []
    var confirms: [(id: UInt64, span: OpenSpan)] = []
    var votes: [(candidate: NodeID, span: OpenSpan)] = []
    var answers: [OpenSpan] = []
    var changes: [(id: CallID, span: OpenSpan)] = []
    var election: OpenSpan?
    var snapshot: (order: UInt64, span: OpenSpan)?
    var outgoing: [(peer: NodeID, span: OpenSpan)] = []
    var incoming: (id: SnapshotID, span: OpenSpan)?
    /// Of the last message with a piece of a snapshot.
    var offered: (peer: NodeID, trace: TraceContext)?

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
    func appended(_ trace: TraceContext, at id: LogID) {
        guard entries.count < Self.limit, entries.last.map({ $0.index < id.index }) ?? true else { return }
        entries.append(Entry(index: id.index, trace: trace))
        begin([trace], through: id.index, count: 1, id.term)
    }

    private func begin(_ traces: [TraceContext], through last: LogIndex, count: Int, _ term: Term) {
        let fields: [TraceField] = [.index(last.rawValue), .count(count), .term(term.rawValue)]
        begin(.persist, of: traces, through: last, fields, in: &persists)
        begin(.commit, of: traces, through: last, fields, in: &commits)
    }

    func begin(
        _ name: SpanName, of traces: [TraceContext], through last: LogIndex, _ fields: [TraceField],
        in open: inout [Open]
    ) {
        // In the order in which they end.
        guard open.count < Self.limit, open.last.map({ $0.through <= last }) ?? true else { return }
        if let span = start(name, of: traces, fields) { open.append(Open(through: last, span: span)) }
    }

    /// A span of all these traces: a child of the first, linked to the others.
    func start(_ name: SpanName, of traces: [TraceContext], _ fields: [TraceField]) -> OpenSpan? {
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
    func lost(after index: LogIndex) {
        entries.removeAll { $0.index > index }
        for open in (persists + commits) where open.through > index {
            tracer.fail(open.span, "the entries gave way to another leader's, or found no room")
        }
        persists.removeAll { $0.through > index }
        commits.removeAll { $0.through > index }
    }

    // MARK: Ends

    func end(_ span: OpenSpan, _ why: String?) {
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
