public import RaftCore
public import RaftMembership
import Synchronization

/// A log that lives as long as its owner: for tests, benchmarks, and clusters that need no disk.
///
/// `commit` returns at once, so it runs on the driver's own lane. A node that is started again on the same
/// `MemoryStorage` finds what it had written, like one that comes back to its disk.
public final class MemoryStorage: LogStorage {
    private struct Group {
        var hardState: HardState?
        var base = LogID.zero
        var snapshot: Snapshot?
        /// Follow one another; the first may begin at or below the base.
        var batches: [EntryBatch] = []

        var lastIndex: LogIndex { batches.last?.lastIndex ?? base.index }
    }

    private let groups = Mutex<[GroupID: Group]>([:])
    private let bodies = MemorySnapshots()

    public init() {}

    public var commitsInstantly: Bool { true }
    public var snapshots: (any SnapshotStore)? { bodies }

    public func recover(_ group: GroupID) throws -> RecoveredGroup {
        let stored = groups.withLock { $0[group] } ?? Group()
        var recovery = LogRecovery(base: stored.base)
        for batch in stored.batches {
            for position in 0..<batch.count where batch.firstIndex + position > stored.base.index {
                try batch.withUnsafeBytes(ofEntryAt: position) { try recovery.visit($0) }
            }
        }
        return recovery.finish(hardState: stored.hardState, snapshot: stored.snapshot)
    }

    public func commit(_ batches: [StorageBatch]) throws {
        try groups.withLock { groups in
            // All of it is looked at before any of it is taken, so that nothing stays of a commit that is refused.
            var bounds: [(group: GroupID, bounds: Bounds)] = []
            for batch in batches {
                var (place, known) = (bounds.count, Bounds(groups[batch.group] ?? Group()))
                if let found = bounds.firstIndex(where: { $0.group == batch.group }) {
                    (place, known) = (found, bounds[found].bounds)
                }
                try known.take(batch)
                if let snapshot = batch.snapshot, !bodies.isFinished(snapshot.id, of: batch.group) {
                    throw StorageError(.misuse, "the body of snapshot \(snapshot.id) was not finished")
                }
                if place < bounds.count {
                    bounds[place].bounds = known
                } else if batches.count > 1 {
                    bounds.append((batch.group, known))
                }
            }
            for batch in batches {
                Self.apply(batch, to: &groups[batch.group, default: Group()])
                if let snapshot = batch.snapshot { bodies.removeSuperseded(by: snapshot.id, of: batch.group) }
            }
        }
    }

    /// Where a group's log begins and ends in the course of a commit.
    private struct Bounds {
        var base: LogIndex
        var last: LogIndex
        var snapshot: LogID?

        init(_ group: Group) {
            base = group.base.index
            last = group.lastIndex
            snapshot = group.snapshot?.last
        }

        /// - Throws: `misuse` for what does not fit.
        mutating func take(_ batch: StorageBatch) throws {
            if let index = batch.truncateAfter {
                guard index >= base else {
                    throw StorageError(.misuse, "truncation after \(index) reaches below the base \(base)")
                }
                last = min(last, index)
            }
            if !batch.repairs.isEmpty, batch.repairs.firstIndex <= base || batch.repairs.lastIndex > last {
                throw StorageError(
                    .misuse,
                    "repairs \(batch.repairs.firstIndex) to \(batch.repairs.lastIndex) reach out of the log, \(base.next) "
                        + "to \(last)")
            }
            if !batch.entries.isEmpty {
                guard batch.entries.firstIndex == last.next else {
                    throw StorageError(
                        .misuse, "entry \(batch.entries.firstIndex) does not follow the last one, \(last)")
                }
                last = batch.entries.lastIndex
            }
            if let named = batch.snapshot?.last {
                if let snapshot, named.index < snapshot.index || named.term < snapshot.term {
                    throw StorageError(.misuse, "a snapshot of \(named) cannot take the place of one of \(snapshot)")
                }
                guard named.index >= base else {
                    throw StorageError(.misuse, "a snapshot of \(named) does not reach the base \(base)")
                }
                snapshot = named
            }
            if let position = batch.purgeThrough, position.index > base {
                // Without a snapshot it is the caller's affair how the state comes back.
                if let snapshot, position.index > snapshot.index {
                    throw StorageError(
                        .misuse, "the snapshot of \(snapshot) does not cover a purge through \(position)")
                }
                base = position.index
                last = max(last, base)
            }
        }
    }

    private static func apply(_ batch: StorageBatch, to group: inout Group) {
        if let index = batch.truncateAfter {
            while let last = group.batches.last, last.lastIndex > index {
                group.batches.removeLast()
                let rest = last.prefix(through: index)
                if !rest.isEmpty { group.batches.append(rest) }
            }
        }
        if !batch.repairs.isEmpty { group.batches = group.batches.replacing(batch.repairs) }
        if !batch.entries.isEmpty { group.batches.append(batch.entries) }
        if let snapshot = batch.snapshot { group.snapshot = snapshot }
        if let base = batch.purgeThrough, base.index > group.base.index {
            group.base = base
            let kept = group.batches.drop { $0.lastIndex <= base.index }
            group.batches = Array(kept)
        }
        if let hardState = batch.hardState { group.hardState = hardState }
    }

    public func entries(of group: GroupID, in range: Range<LogIndex>, maxBytes: Int) throws -> EntryBatch {
        try groups.withLock { groups in
            guard let stored = groups[group], range.lowerBound > stored.base.index,
                range.lowerBound <= stored.lastIndex, !range.isEmpty
            else { throw StorageError(.missing, "there is no entry \(range.lowerBound)") }
            // The last batch that begins at or before the index.
            var low = 0
            var high = stored.batches.count - 1
            while low < high {
                let middle = (low + high + 1) / 2
                if stored.batches[middle].firstIndex <= range.lowerBound { low = middle } else { high = middle - 1 }
            }
            let count = range.upperBound - range.lowerBound
            return stored.batches[low].slice(from: range.lowerBound, maxCount: count, maxBytes: maxBytes)
        }
    }

    public func close() {}
}

extension StorageProvider {
    /// A log in memory, gone with the node.
    public static var memory: StorageProvider { StorageProvider { _ in MemoryStorage() } }

    /// A log in this storage, which survives the node.
    public static func memory(_ storage: MemoryStorage) -> StorageProvider { StorageProvider { _ in storage } }
}
