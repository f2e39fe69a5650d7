public import RaftMembership

/// Where in the log a term begins.
public struct TermRun: Hashable, Sendable {
    public var firstIndex: LogIndex
    public var term: Term

    public init(firstIndex: LogIndex, term: Term) {
        self.firstIndex = firstIndex
        self.term = term
    }
}

/// The terms of the whole log as runs, so that the consistency check (§5.3) never touches storage.
///
/// `base` is the position before the first entry: zero, or what a snapshot covers. `last` equals `base` while the log
/// is empty (rule L12).
public struct TermRuns: Hashable, Sendable {
    public private(set) var base: LogID
    public private(set) var last: LogID
    public private(set) var runs: [TermRun]

    public init(base: LogID = .zero) {
        self.base = base
        last = base
        runs = []
    }

    /// The term at `index`; nil when the index is compacted or past the end, never term 0 for those (rule L4).
    public func term(at index: LogIndex) -> Term? {
        if index == base.index { return base.term }
        guard index > base.index, index <= last.index else { return nil }
        return runs[run(holding: index)].term
    }

    /// The first index of the term that the entry at `index` has, for conflict hints (§5.3). The index must be in the
    /// log.
    public func firstIndexOfTerm(at index: LogIndex) -> LogIndex {
        runs[run(holding: index)].firstIndex
    }

    /// The last index whose term is at most `term`; the base when there is none.
    public func lastIndex(withTermAtMost term: Term) -> LogIndex {
        for position in runs.indices.reversed() where runs[position].term <= term {
            return position + 1 < runs.count ? runs[position + 1].firstIndex.previous : last.index
        }
        return base.index
    }

    public mutating func append(_ id: LogID) {
        precondition(id.index == last.index.next && id.term >= last.term, "entries are appended in order")
        if runs.last?.term != id.term { runs.append(TermRun(firstIndex: id.index, term: id.term)) }
        last = id
    }

    /// Adds `count` entries of one term.
    public mutating func append(term: Term, count: Int) {
        guard count > 0 else { return }
        append(LogID(term: term, index: last.index.next))
        last.index = last.index + (count - 1)
    }

    /// Drops what lies after `index`, which must not be below the base.
    public mutating func truncate(after index: LogIndex) {
        precondition(index >= base.index, "the log is never cut below its base")
        guard index < last.index else { return }
        while let run = runs.last, run.firstIndex > index { runs.removeLast() }
        last = LogID(term: runs.last?.term ?? base.term, index: index)
    }

    /// Forgets what lies up to `position`, which becomes the base (§7). Past the end, or where the log holds another
    /// entry, nothing is left of it.
    public mutating func purge(through position: LogID) {
        guard position.index > base.index else { return }
        guard term(at: position.index) == position.term else {
            self = TermRuns(base: position)
            return
        }
        let kept = run(holding: position.index)
        runs.removeFirst(kept)
        base = position
        if position.index == last.index {
            runs = []
        } else if runs[0].firstIndex <= position.index {
            let hasMore = runs.count > 1 ? runs[1].firstIndex > position.index.next : true
            if hasMore { runs[0].firstIndex = position.index.next } else { runs.removeFirst() }
        }
    }

    private func run(holding index: LogIndex) -> Int {
        // The last run that begins at or before the index; most look-ups ask for the end of the log.
        var low = 0
        var high = runs.count - 1
        if runs[high].firstIndex <= index { return high }
        while low < high {
            let middle = (low + high + 1) / 2
            if runs[middle].firstIndex <= index { low = middle } else { high = middle - 1 }
        }
        return low
    }
}
