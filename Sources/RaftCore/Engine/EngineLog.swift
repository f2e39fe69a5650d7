package import RaftMembership

/// The log as the engine sees it: terms of all of it, the recent entries, and what of it is durable.
///
/// Three of the five marks of progress live here (rule D6): *accepted* (`last`), *submitted* (there is a write under way
/// for every accepted entry), *flushed* (durable without a gap from the start). A truncation lowers all three at once; a
/// completion raises flushed only by what its own write put there.
package struct EngineLog: Hashable, Sendable {
    /// A write that has not been answered.
    struct PendingWrite: Hashable, Sendable {
        var id: WriteID
        /// First index that this write brings and that is still part of the log; nil for none.
        var firstIndex: LogIndex?
        /// Whether term, vote or identity change with it.
        var changesHardState: Bool
        /// The disk had no room for it: another write must bring what it was to (rule D4).
        var isRefused = false
        #if TestBuild
            /// Where the log ended when this write was submitted.
            var lastIndex = LogIndex.zero
        #endif
    }

    package private(set) var terms: TermRuns
    private(set) var cache = EntryCache()
    private(set) var pendingWrites: [PendingWrite] = []
    /// Every entry up to here is durable, in its present form.
    package private(set) var flushed: LogIndex
    private var lastWrite = WriteID(rawValue: 0)
    /// Bytes of all entries that were appended since the start.
    private(set) var appendedBytes: UInt64 = 0

    init(terms: TermRuns) {
        self.terms = terms
        flushed = terms.last.index
    }

    package var last: LogID { terms.last }
    package var base: LogID { terms.base }

    /// Whether a write that changes term, vote or identity is under way.
    var isHardStatePending: Bool { pendingWrites.contains { $0.changesHardState } }

    /// Takes entries that follow the last one into memory; `submit` must follow.
    mutating func append(_ batch: EntryBatch) {
        guard !batch.isEmpty else { return }
        precondition(batch.firstIndex == last.index.next, "entries are appended in order")
        let firstTerm = batch.term(at: 0)
        if firstTerm == batch.term(at: batch.count - 1) {
            terms.append(term: firstTerm, count: batch.count)
        } else {
            for position in 0..<batch.count { terms.append(batch.id(at: position)) }
        }
        cache.append(batch)
        appendedBytes += UInt64(batch.byteCount)
    }

    /// Forgets what a snapshot covers, up to a position that the log has.
    mutating func purge(through position: LogID) { terms.purge(through: position) }

    /// A snapshot takes the place of the whole log. Nothing counts as durable until the write that says so is;
    /// `submit` must follow, of a write that brings everything.
    mutating func reset(to position: LogID) {
        terms = TermRuns(base: position)
        cache = EntryCache()
        flushed = .zero
        for write in pendingWrites.indices { pendingWrites[write].firstIndex = nil }
    }

    mutating func truncate(after index: LogIndex) {
        terms.truncate(after: index)
        cache.truncate(after: index)
        flushed = min(flushed, index)
        for position in pendingWrites.indices {
            if let first = pendingWrites[position].firstIndex, first > index {
                pendingWrites[position].firstIndex = nil
            }
        }
    }

    /// The first entry that the disk refused; nil when it has, or is about to have, all of them.
    var firstRefused: LogIndex? { pendingWrites.lazy.filter(\.isRefused).compactMap(\.firstIndex).min() }

    /// Whether a write is under way that brings entries.
    var isWritingEntries: Bool { pendingWrites.contains { $0.firstIndex != nil && !$0.isRefused } }

    /// Storage did not take the write.
    mutating func refused(_ id: WriteID) {
        guard let position = pendingWrites.firstIndex(where: { $0.id == id }) else { return }
        pendingWrites[position].isRefused = true
        forgetRefused()
    }

    /// What a write is to bring that takes the place of all that bring entries from `first` on: every entry from there on,
    /// which are all in memory, for what is not on disk is never evicted.
    /// - Returns: these, and whether a write whose place it takes was to change term, vote or identity.
    mutating func gatherUnwritten(from first: LogIndex) -> (entries: EntryBatch, changesHardState: Bool) {
        var changesHardState = false
        for position in pendingWrites.indices {
            guard let index = pendingWrites[position].firstIndex, index >= first else { continue }
            pendingWrites[position].firstIndex = nil
            guard pendingWrites[position].isRefused else { continue }
            changesHardState = changesHardState || pendingWrites[position].changesHardState
            pendingWrites[position].changesHardState = false
        }
        forgetRefused()
        return (EntryBatch.joining(batches(from: first)), changesHardState)
    }

    private func batches(from first: LogIndex) -> [EntryBatch] {
        var batches: [EntryBatch] = []
        var next = max(first, base.index.next)
        while next <= last.index, let batch = cachedEntries(from: next, maxCount: .max) {
            batches.append(batch)
            next = batch.lastIndex.next
        }
        return batches
    }

    /// Bytes of entries that the disk refused.
    var refusedBytes: Int {
        firstRefused.map { batches(from: $0).reduce(0) { $0 + $1.byteCount } } ?? 0
    }

    private mutating func forgetRefused() {
        pendingWrites.removeAll { $0.isRefused && $0.firstIndex == nil && !$0.changesHardState }
    }

    /// A new identity for a write whose entries begin at `firstIndex`.
    mutating func submit(firstIndex: LogIndex?, changesHardState: Bool) -> WriteID {
        lastWrite.rawValue += 1
        pendingWrites.append(
            PendingWrite(id: lastWrite, firstIndex: firstIndex, changesHardState: changesHardState))
        #if TestBuild
            pendingWrites[pendingWrites.count - 1].lastIndex = last.index
        #endif
        return lastWrite
    }

    /// The write is durable. False for one that is not pending.
    mutating func persisted(_ id: WriteID) -> Bool {
        guard let position = pendingWrites.firstIndex(where: { $0.id == id }) else { return false }
        pendingWrites.remove(at: position)
        // What is contiguous ends before the lowest entry that a write still has to bring (rule L11).
        var lowest = last.index.next
        for write in pendingWrites {
            if let first = write.firstIndex { lowest = min(lowest, first) }
        }
        flushed = lowest.previous
        return true
    }

    #if TestBuild
        /// What a log would do that takes a completion for more than it is: for all that lies before (rule L11), or for
        /// what was rewritten since (rule L9).
        mutating func persisted(_ id: WriteID, breaking rule: Mutation) -> Bool {
            guard let write = pendingWrites.first(where: { $0.id == id }), persisted(id) else { return false }
            if write.firstIndex != nil || rule == .completionByIndex {
                flushed = max(flushed, min(write.lastIndex, last.index))
            }
            return true
        }
    #endif

    mutating func evict(downTo limit: Int) { cache.evict(downTo: limit, through: flushed) }
}

extension EngineLog {
    /// Entries from `index` on that are still in memory; nil when that one is not.
    package func cachedEntries(from index: LogIndex, maxCount: Int) -> EntryBatch? {
        cache.entries(from: index, maxCount: maxCount, maxBytes: .max)
    }
}
