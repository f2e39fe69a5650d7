public import RaftMembership

/// What a log holds from its first damaged entry on (rule D3).
///
/// Nothing of it is applied, served or acknowledged before a leader has sent it again. It is kept all the same, for this
/// server may have acknowledged it: by where it ends a candidate is measured that asks for a vote.
public struct DamagedTail: Hashable, Sendable {
    /// Entries of one term, or such that cannot be read.
    public struct Span: Hashable, Sendable {
        public var firstIndex: LogIndex
        /// Nil when nothing vouches for it.
        public var term: Term?
    }

    /// Without gaps, neighbours of different terms.
    public private(set) var spans: [Span] = []
    public private(set) var lastIndex: LogIndex
    /// The term of the last entry; nil when nothing vouches for it.
    public private(set) var lastTerm: Term?
    /// Entries up to here come back with a snapshot only: the body of this server's own is lost. Zero when it is whole.
    public private(set) var lostSnapshot = LogIndex.zero
    /// The base that the log has in storage, when entries before it are lost with the snapshot: nothing is cut below it.
    private(set) var base = LogIndex.zero

    /// More spans than anything but a wrecked disk leaves.
    static let maximumSpans = 10_000

    /// - Parameter intact: the last entry before the first damaged one.
    init(after intact: LogIndex) { lastIndex = intact }

    /// A log whose snapshot has lost its body: what that covered is not there, and the rest does not count without it.
    init(of terms: TermRuns, lostSnapshot index: LogIndex) {
        lastIndex = .zero
        lostSnapshot = index
        base = terms.base.index
        append(nil, count: terms.base.index - .zero)
        append(terms)
        lastTerm = terms.last.term
    }

    public var firstIndex: LogIndex { spans.first?.firstIndex ?? lastIndex.next }
    public var isEmpty: Bool { spans.isEmpty }
    /// Whether all of it can be read, and only what it followed is in doubt.
    public var isReadable: Bool { spans.allSatisfy { $0.term != nil } }
    /// Where the log ends; nil when nothing vouches for the term.
    public var last: LogID? { lastTerm.map { LogID(term: $0, index: lastIndex) } }

    mutating func append(_ term: Term?, count: Int = 1) {
        guard count > 0 else { return }
        if spans.isEmpty || spans[spans.count - 1].term != term {
            spans.append(Span(firstIndex: lastIndex.next, term: term))
        }
        lastIndex = lastIndex + count
        lastTerm = term
    }

    /// Those of `terms` that are not here yet.
    mutating func append(_ terms: TermRuns) {
        for (position, run) in terms.runs.enumerated() {
            let end = position + 1 < terms.runs.count ? terms.runs[position + 1].firstIndex : terms.last.index.next
            append(run.term, count: end - max(run.firstIndex, lastIndex.next))
        }
    }

    /// One that begins where this one ends.
    mutating func append(_ other: DamagedTail) {
        for (position, span) in other.spans.enumerated() {
            let end = position + 1 < other.spans.count ? other.spans[position + 1].firstIndex : other.lastIndex.next
            append(span.term, count: end - span.firstIndex)
        }
        if let last = other.last { vouch(for: last) }
    }

    /// Storage knows the last position apart from the entry.
    mutating func vouch(for last: LogID) {
        if last.index > lastIndex { append(nil, count: last.index - lastIndex) }
        lastTerm = last.term
    }

    /// The term at `index`; nil when it is not in this tail, or cannot be read.
    public func term(at index: LogIndex) -> Term? {
        guard index <= lastIndex, let at = spans.lastIndex(where: { $0.firstIndex <= index }) else { return nil }
        if index == lastIndex { return lastTerm }
        return spans[at].term
    }

    /// The term of the first entry after `index` that can be read.
    func nextTerm(after index: LogIndex) -> Term? {
        guard index < lastIndex else { return nil }
        for (position, span) in spans.enumerated() where span.term != nil {
            let end = position + 1 < spans.count ? spans[position + 1].firstIndex.previous : lastIndex
            if end > index { return span.term }
        }
        return lastTerm
    }

    /// The first of `batch`'s entries that differs from what is known to have been here: from there on this tail holds
    /// nothing that its sender has.
    func conflict(with batch: EntryBatch) -> LogIndex? {
        for position in 0..<batch.count {
            let id = batch.id(at: position)
            guard id.index <= lastIndex else { return nil }
            if let term = term(at: id.index), term != id.term { return id.index }
        }
        let last = batch.id(at: batch.count - 1)
        // Terms never decrease, so what follows of a lower term did not follow this.
        if let next = nextTerm(after: last.index), next < last.term { return last.index.next }
        return nil
    }

    /// Whether what stands behind `last`, which took the place of an entry that could not be read, may have followed another
    /// one. Entries of one term are of one leader, which has them in this order; one of a later term may follow either, and
    /// so may one that cannot be read now, but perhaps after the next start.
    func isInDoubt(behind last: LogID) -> Bool {
        guard let next = term(at: last.index.next) else { return true }
        return next > last.term
    }

    /// Entries up to `index` count again.
    mutating func removeFirst(through index: LogIndex) {
        guard index >= firstIndex else { return }
        guard index < lastIndex else {
            spans = []
            return
        }
        while spans.count > 1, spans[1].firstIndex <= index.next { spans.removeFirst() }
        spans[0].firstIndex = index.next
        if index >= lostSnapshot { lostSnapshot = .zero }
    }
}

extension DamagedTail: CustomStringConvertible {
    /// `entries 7 to 9, 12`: those that cannot be read, or all when there is none.
    public var description: String {
        let isReadable = isReadable
        var parts: [String] = []
        for (position, span) in spans.enumerated() where span.term == nil || isReadable {
            let end = position + 1 < spans.count ? spans[position + 1].firstIndex.previous : lastIndex
            parts.append(span.firstIndex == end ? "\(end)" : "\(span.firstIndex) to \(end)")
        }
        let more = parts.count > 8 ? " and \(parts.count - 8) more" : ""
        return "entries \(parts.prefix(8).joined(separator: ", "))\(more)"
    }
}
