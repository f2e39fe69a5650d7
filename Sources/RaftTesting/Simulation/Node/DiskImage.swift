package import RaftCore
package import RaftMembership

/// What is durable of one group on one simulated disk: a value, so that an old copy costs nothing.
package struct DiskImage: Sendable {
    package private(set) var hardState: HardState?
    /// Of everything that ever was in the log, what was purged too: for those who look on.
    package private(set) var terms = TermRuns()
    /// The log begins after it.
    package private(set) var base = LogID.zero
    package private(set) var snapshot: Snapshot?
    /// Of snapshots that are complete.
    private(set) var bodies: [SnapshotID: [UInt8]] = [:]
    /// Of one that is being received.
    var part: (id: SnapshotID, bytes: [UInt8], life: Int)?
    /// Follow one another.
    private var batches: [EntryBatch] = []
    /// Entries whose bytes were changed behind everybody's back.
    private(set) var rotten: Set<LogIndex> = []
    /// So was this body.
    private(set) var rottenBody: SnapshotID?
    /// Nothing from here on may count.
    var firstDamage: LogIndex? {
        if rottenBody != nil { return 1 }
        let proven = hardState?.provenThrough ?? .zero
        let doubtful = proven > .zero && proven < last.index ? proven.next : nil
        return [rotten.min(), doubtful].compactMap { $0 }.min()
    }

    package init() {}

    package var last: LogID { terms.last }

    mutating func finish(_ snapshot: SnapshotID, _ bytes: [UInt8]) {
        bodies[snapshot] = bytes
        if rottenBody == snapshot { rottenBody = nil }
        if part?.id == snapshot { part = nil }
    }

    /// - Parameter history: the terms of what was committed, for what a snapshot brings that was never here.
    /// - Throws: `StorageError` code `misuse` when entries do not follow what is there.
    mutating func write(_ batch: StorageBatch, history: TermRuns = TermRuns()) throws {
        if let index = batch.truncateAfter {
            guard index >= base.index else {
                throw StorageError(.misuse, "the log cannot be cut after \(index), below its base \(base)")
            }
            while let last = batches.last, last.lastIndex > index {
                batches.removeLast()
                let rest = last.prefix(through: index)
                if !rest.isEmpty { batches.append(rest) }
            }
            terms.truncate(after: index)
            rotten = rotten.filter { $0 <= index }
        }
        if !batch.repairs.isEmpty { try repair(batch.repairs) }
        if !batch.entries.isEmpty {
            guard batch.entries.firstIndex == last.index.next else {
                throw StorageError(.misuse, "entry \(batch.entries.firstIndex) does not follow the last one, \(last)")
            }
            for position in 0..<batch.entries.count { terms.append(batch.entries.id(at: position)) }
            batches.append(batch.entries)
        }
        if let snapshot = batch.snapshot {
            self.snapshot = snapshot
            bodies = bodies.filter { $0.key == snapshot.id || $0.key.last.index > snapshot.last.index }
            if let body = rottenBody, bodies[body] == nil { rottenBody = nil }
        }
        if let position = batch.purgeThrough, position.index > base.index { try purge(through: position, history) }
        if let hardState = batch.hardState { self.hardState = hardState }
    }

    private mutating func repair(_ repairs: EntryBatch) throws {
        guard repairs.firstIndex > base.index, repairs.lastIndex <= last.index else {
            throw StorageError(.misuse, "repairs \(repairs.firstIndex) to \(repairs.lastIndex) reach out of the log")
        }
        batches = batches.replacing(repairs)
        rotten = rotten.filter { $0 < repairs.firstIndex || $0 > repairs.lastIndex }
        let isOther = (0..<repairs.count).contains { terms.term(at: repairs.firstIndex + $0) != repairs.term(at: $0) }
        if isOther { try rewrite(from: repairs.firstIndex, (0..<repairs.count).map { repairs.term(at: $0) }) }
    }

    /// Where entries could not be read, the leader's may be others.
    private mutating func rewrite(from first: LogIndex, _ others: [Term]) throws {
        var rewritten = TermRuns()
        for index in 1...last.index.rawValue {
            let index = LogIndex(index)
            let isOther = index >= first && index - first < others.count
            var term = isOther ? others[index - first] : terms.term(at: index) ?? .zero
            // Of an entry that cannot be read nobody knows the term, if storage does not know where the log ends.
            if rotten.contains(index) { term = max(term, rewritten.last.term) }
            if term < rewritten.last.term {
                // It cannot have followed that one: as long as it is there, no start takes it for an entry (rule L7).
                rotten.insert(index)
                term = rewritten.last.term
            }
            rewritten.append(LogID(term: term, index: index))
        }
        terms = rewritten
    }

    private mutating func purge(through position: LogID, _ history: TermRuns) throws {
        base = position
        batches.removeAll { $0.lastIndex <= position.index }
        let isRotten = rotten.contains(position.index)
        rotten = rotten.filter { $0 > position.index }
        // An entry that could not be read may have been another.
        if isRotten, position.index < last.index, terms.term(at: position.index) != position.term {
            try rewrite(from: position.index, [position.term])
        }
        if terms.term(at: position.index) == position.term { return }
        batches = []
        terms = TermRuns()
        for run in history.runs where run.firstIndex <= position.index {
            let end = min(position.index, history.lastIndex(withTermAtMost: run.term))
            terms.append(term: run.term, count: end - run.firstIndex + 1)
        }
        rotten = []
    }

    package func term(at index: LogIndex) -> Term? { terms.term(at: index) }

    /// The one entry at `index`.
    package func entry(at index: LogIndex) -> EntryBatch? {
        guard index > base.index, index <= last.index else { return nil }
        return batches[position(of: index)].slice(from: index, maxCount: 1)
    }

    /// - Parameter isVerifying: false only to break rule D3 on purpose.
    func entries(in range: Range<LogIndex>, maxBytes: Int, isVerifying: Bool = true) throws -> EntryBatch {
        guard range.lowerBound > base.index, range.lowerBound <= last.index, !range.isEmpty else {
            throw StorageError(.missing, "there is no entry \(range.lowerBound)")
        }
        let batch = batches[position(of: range.lowerBound)].slice(
            from: range.lowerBound, maxCount: range.upperBound - range.lowerBound, maxBytes: maxBytes)
        if isVerifying, let rotten = rotten.first(where: { batch.firstIndex <= $0 && $0 <= batch.lastIndex }) {
            // As a storage does that verifies what it reads (rule D3).
            throw StorageError(.damaged, "log entry \(rotten): its checksum does not match its bytes")
        }
        return batch
    }

    /// A start: every entry is verified, as any storage does.
    /// - Parameter vouches: whether it knows where the log ends apart from the entries, as some do.
    func recover(mutation: Mutation?, vouches: Bool = true) throws -> RecoveredGroup {
        var recovery = LogRecovery(base: base)
        #if TestBuild
            recovery.mutation = mutation
        #endif
        for batch in batches {
            for position in 0..<batch.count where batch.firstIndex + position > base.index {
                try batch.withUnsafeBytes(ofEntryAt: position) { try recovery.visit($0) }
            }
        }
        guard vouches else { return recovery.finish(hardState: hardState, snapshot: snapshot) }
        return try recovery.finish(
            hardState: hardState, snapshot: snapshot,
            last: LogID(term: terms.term(at: last.index) ?? .zero, index: last.index))
    }

    /// A byte of the payload of the entry at `index` changes.
    mutating func rot(at index: LogIndex) {
        guard index > base.index, index <= last.index else { return }
        let at = position(of: index)
        let batch = batches[at]
        var bytes = batch.withUnsafeBytes { [UInt8]($0) }
        var offset = 0
        for position in 0..<(index - batch.firstIndex) {
            offset += batch.withUnsafeBytes(ofEntryAt: position) { $0.count }
        }
        guard !rotten.contains(index) else { return }
        let length = batch.withUnsafeBytes(ofEntryAt: index - batch.firstIndex) { $0.count }
        bytes[offset + length - 1] ^= 0x40
        batches[at] = EntryBatch(unverified: bytes, like: batch)
        rotten.insert(index)
    }

    /// A byte of the snapshot's body changes. False when there is none that the log needs.
    mutating func rotBody(at place: UInt64) -> Bool {
        guard base.index > .zero, let id = snapshot?.id, var bytes = bodies[id], !bytes.isEmpty else { return false }
        bytes[Int(place % UInt64(bytes.count))] ^= 0x10
        bodies[id] = bytes
        rottenBody = id
        return true
    }

    private func position(of index: LogIndex) -> Int {
        var low = 0
        var high = batches.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if batches[middle].firstIndex <= index { low = middle } else { high = middle - 1 }
        }
        return low
    }
}
