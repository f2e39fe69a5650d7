import RaftCore
import RaftMembership

/// What a storage ought to hold, as plain arrays: the reference that it is compared with.
struct StorageModel: Hashable, Sendable {
    struct Group: Hashable, Sendable {
        var hardState: HardState?
        var base = LogID.zero
        var snapshot: Snapshot?
        /// One entry each, from the one after the base on.
        var entries: [EntryBatch] = []

        var last: LogID { entries.last?.id(at: 0) ?? base }
        var indices: Range<LogIndex> { base.index.next..<last.index.next }
    }

    private(set) var groups: [GroupID: Group] = [:]

    subscript(group: GroupID) -> Group { groups[group] ?? Group() }

    /// Truncation, repairs, entries, snapshot, purge, hard state, in this order (rule L7). The batch must be one that the rules allow.
    mutating func apply(_ batch: StorageBatch) {
        var group = self[batch.group]
        if let index = batch.truncateAfter {
            group.entries.removeSubrange(min(index - group.base.index, group.entries.count)...)
        }
        for position in 0..<batch.repairs.count {
            let index = batch.repairs.firstIndex + position
            group.entries[index - group.base.index - 1] = batch.repairs.slice(from: index, maxCount: 1)
        }
        for position in 0..<batch.entries.count {
            group.entries.append(batch.entries.slice(from: batch.entries.firstIndex + position, maxCount: 1))
        }
        if let snapshot = batch.snapshot { group.snapshot = snapshot }
        if let base = batch.purgeThrough, base.index > group.base.index {
            group.entries.removeFirst(min(base.index - group.base.index, group.entries.count))
            group.base = base
        }
        if let hardState = batch.hardState { group.hardState = hardState }
        groups[batch.group] = group
    }

    func applying(_ batches: [StorageBatch]) -> StorageModel {
        var model = self
        for batch in batches { model.apply(batch) }
        return model
    }

    /// What is recovered of `group`.
    func recovered(_ group: GroupID) throws -> RecoveredGroup {
        var recovery = LogRecovery(base: self[group].base)
        for entry in self[group].entries { try entry.withUnsafeBytes { try recovery.visit($0) } }
        return recovery.finish(hardState: self[group].hardState, snapshot: self[group].snapshot)
    }
}

extension StorageModel {
    /// What `storage` holds otherwise than this model, in one line; nil when it is the same.
    /// - Throws: what the storage throws.
    func difference(from storage: any LogStorage, groups: [GroupID]) throws -> String? {
        for group in groups {
            let wanted = try recovered(group)
            let found = try storage.recover(group)
            if found.hardState != wanted.hardState {
                return "group \(group) has the hard state \(Self.text(found.hardState)) instead of "
                    + Self.text(wanted.hardState)
            }
            if found.terms.base != wanted.terms.base || found.terms.last != wanted.terms.last {
                return "the log of group \(group) reaches from \(found.terms.base) to \(found.terms.last) instead of "
                    + "from \(wanted.terms.base) to \(wanted.terms.last)"
            }
            if found.terms != wanted.terms { return "the terms of group \(group) are \(found.terms.runs)" }
            if found.configurations != wanted.configurations {
                return "the configurations of group \(group) are at \(found.configurations.map(\.id)) instead of "
                    + "\(wanted.configurations.map(\.id)), or others"
            }
            if let difference = try differenceOfSnapshot(found.snapshot, from: storage, group) { return difference }
            if let difference = try differenceOfEntries(from: storage, group) { return difference }
        }
        return nil
    }

    private func differenceOfSnapshot(
        _ found: Snapshot?, from storage: any LogStorage, _ group: GroupID
    ) throws -> String? {
        func text(_ snapshot: Snapshot?) -> String { snapshot.map { "(\($0.id))" } ?? "none" }
        let wanted = self[group].snapshot
        guard found == wanted else {
            return "group \(group) has the snapshot \(text(found)) instead of \(text(wanted)), or one of other content"
        }
        guard let wanted else { return nil }
        guard let body = try storage.snapshots?.open(wanted.id, of: group) else { return "there are no bodies" }
        var bytes: [UInt8] = []
        while bytes.count < Int(wanted.size) {
            let piece = try body.read(at: UInt64(bytes.count), count: Int(wanted.size) - bytes.count)
            guard !piece.isEmpty else { return "the body of snapshot \(wanted.id) ends at byte \(bytes.count)" }
            bytes += piece
        }
        guard bytes == StorageSamples.body(of: wanted.id) else {
            return "the body of snapshot \(wanted.id) of group \(group) has other bytes than were written"
        }
        return nil
    }

    private func differenceOfEntries(from storage: any LogStorage, _ group: GroupID) throws -> String? {
        let wanted = self[group]
        var next = wanted.base.index.next
        while next <= wanted.last.index {
            let found = try storage.entries(of: group, in: next..<wanted.last.index.next, maxBytes: .max)
            guard found.count > 0, found.firstIndex == next, found.lastIndex <= wanted.last.index else {
                return "entries of group \(group) from \(next) on came as \(found.count) from \(found.firstIndex) on"
            }
            for position in 0..<found.count {
                let index = next + position
                let entry = wanted.entries[index - wanted.base.index - 1]
                guard found.slice(from: index, maxCount: 1) == entry else {
                    return "entry \(index) of group \(group) has other bytes than were committed"
                }
            }
            next = found.lastIndex.next
        }
        return nil
    }

    private static func text(_ state: HardState?) -> String {
        guard let state else { return "none" }
        return "(term \(state.term), start \(state.startCounter), commit \(state.commitHint))"
    }
}
