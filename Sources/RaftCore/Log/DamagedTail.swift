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

    /// More spans than anything but a wrecked disk leaves.
    static let maximumSpans = 10_000

    /// - Parameter intact: the last entry before the first damaged one.
    init(after intact: LogIndex) { lastIndex = intact }

    /// A log whose snapshot has lost its body: what that covered is not there, and the rest does not count without it.
    init(of terms: TermRuns, lostSnapshot index: LogIndex) {
        lastIndex = .zero
        lostSnapshot = index
        append(nil, count: terms.base.index - .zero)
        for (position, run) in terms.runs.enumerated() {
            let end = position + 1 < terms.runs.count ? terms.runs[position + 1].firstIndex : terms.last.index.next
            append(run.term, count: end - run.firstIndex)
        }
        lastTerm = terms.last.term
    }

    public var firstIndex: LogIndex { spans.first?.firstIndex ?? lastIndex.next }
    public var isEmpty: Bool { spans.isEmpty }
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
    /// `entries 7 to 9, 12`.
    public var description: String {
        var parts: [String] = []
        for (position, span) in spans.enumerated() where span.term == nil {
            let end = position + 1 < spans.count ? spans[position + 1].firstIndex.previous : lastIndex
            parts.append(span.firstIndex == end ? "\(end)" : "\(span.firstIndex) to \(end)")
        }
        let more = parts.count > 8 ? " and \(parts.count - 8) more" : ""
        return "entries \(parts.prefix(8).joined(separator: ", "))\(more)"
    }
}

extension RecoveredGroup {
    /// Whether the entry at this position is there, is covered by the snapshot, or cannot be read.
    func mayHold(_ id: LogID) -> Bool {
        if id.index <= terms.base.index { return true }
        if id.index <= terms.last.index { return terms.term(at: id.index) == id.term }
        guard let damage, id.index <= damage.lastIndex else { return false }
        return damage.term(at: id.index).map { $0 == id.term } ?? true
    }

    /// Damage that the snapshot covers is none: the log begins behind it then, and goes on to the next damage.
    func droppingWhatTheSnapshotCovers() -> RecoveredGroup {
        guard var tail = damage, let covered = snapshot?.last, covered.index >= tail.firstIndex,
            tail.term(at: covered.index) ?? covered.term == covered.term,
            tail.nextTerm(after: covered.index) ?? covered.term >= covered.term
        else { return self }
        var rest = self
        rest.dropped = covered
        rest.terms = TermRuns(base: covered)
        rest.damage = nil
        guard covered.index < tail.lastIndex else {
            rest.configurations = []
            return rest
        }
        tail.removeFirst(through: covered.index)
        let end = tail.spans.first { $0.term == nil }?.firstIndex ?? tail.lastIndex.next
        while let span = tail.spans.first, let term = span.term {
            let next = tail.spans.count > 1 ? tail.spans[1].firstIndex : tail.lastIndex.next
            rest.terms.append(term: term, count: next - span.firstIndex)
            tail.removeFirst(through: next.previous)
        }
        rest.configurations = detached.filter { $0.id.index > covered.index && $0.id.index < end }
        rest.detached = detached.filter { $0.id.index >= end }
        if !tail.isEmpty { rest.damage = tail }
        return rest
    }

    /// Without its snapshot, whose body is lost: a log that begins behind it does not count either.
    func losing(_ snapshot: Snapshot, _ reason: String) -> RecoveredGroup {
        var rest = self
        rest.snapshot = nil
        guard terms.base.index > .zero else { return rest }
        var tail = DamagedTail(of: terms, lostSnapshot: snapshot.last.index)
        if let damage {
            for (position, span) in damage.spans.enumerated() {
                let end =
                    position + 1 < damage.spans.count
                    ? damage.spans[position + 1].firstIndex.previous : damage.lastIndex
                tail.append(span.term, count: end - span.firstIndex + 1)
            }
            if let last = damage.last { tail.vouch(for: last) }
        }
        rest.terms = TermRuns()
        // For its peers' addresses; they are told again behind the next snapshot.
        rest.configurations =
            [snapshot.configuration] + configurations.filter { $0.id.index > snapshot.configuration.id.index }
        rest.damage = tail
        rest.fault = reason
        return rest
    }
}
