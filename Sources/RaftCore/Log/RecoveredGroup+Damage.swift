import RaftMembership

// What counts of a log that is damaged (rule D3).
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

    /// What stands behind an entry of a leader's that took a damaged one's place, and may have followed another, counts no
    /// more than before the start (rule D3).
    func settingApart(after proven: LogIndex) -> RecoveredGroup {
        guard proven > .zero, proven >= terms.base.index, proven < terms.last.index else { return self }
        var rest = self
        rest.terms.truncate(after: proven)
        var tail = DamagedTail(after: proven)
        tail.append(terms)
        if let damage { tail.append(damage) }
        rest.damage = tail
        rest.fault = fault ?? "entry \(proven.next) may have followed another than the one that is there"
        rest.configurations = configurations.filter { $0.id.index <= proven }
        rest.detached = configurations.filter { $0.id.index > proven } + detached
        return rest
    }

    /// Without its snapshot, whose body is lost: a log that begins behind it does not count either.
    func losing(_ snapshot: Snapshot, _ reason: String) -> RecoveredGroup {
        var rest = self
        rest.snapshot = nil
        rest.lostSnapshot = snapshot.last.index
        guard terms.base.index > .zero else { return rest }
        var tail = DamagedTail(of: terms, lostSnapshot: snapshot.last.index)
        if let damage { tail.append(damage) }
        rest.terms = TermRuns()
        // For its peers' addresses; they are told again behind the next snapshot.
        rest.configurations =
            [snapshot.configuration] + configurations.filter { $0.id.index > snapshot.configuration.id.index }
        rest.damage = tail
        rest.fault = reason
        return rest
    }
}
