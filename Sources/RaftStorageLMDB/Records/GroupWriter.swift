import CLMDB
import RaftCore
import RaftMembership

/// Applies batches inside one transaction. Its `groups` count once the transaction is committed.
struct GroupWriter {
    private(set) var groups: [GroupID: GroupState]

    private let transaction: Transaction
    private let main: MDB_dbi
    private let maximumGroups: Int
    /// For messages.
    private let path: String

    init(
        _ transaction: Transaction, groups: [GroupID: GroupState], maximumGroups: Int, path: String
    ) throws(LMDBError) {
        self.transaction = transaction
        self.maximumGroups = maximumGroups
        self.groups = groups
        self.path = path
        main = try transaction.openMain()
    }

    /// Truncation, repairs, entries, snapshot, purge, hard state, in this order (rule L7).
    mutating func apply(_ batch: StorageBatch) throws {
        let group = batch.group
        let before = groups[group] ?? GroupState()
        var state = before
        if let index = batch.truncateAfter { try truncate(&state, after: index, batch.repairs, group) }
        if !batch.repairs.isEmpty { try replace(batch.repairs, in: state, group) }
        if !batch.entries.isEmpty { try append(batch.entries, to: &state, group) }
        if let snapshot = batch.snapshot { try name(snapshot, in: &state, group) }
        if let position = batch.purgeThrough { try purge(&state, through: position, group) }
        if let hardState = batch.hardState {
            try transaction.put(hardState.encoded(), as: Schema.hardState(group), in: main)
            state.record.hasHardState = true
        }
        if state.record != before.record {
            try transaction.put(state.record.encoded(for: group), as: Schema.record(group), in: main)
        }
        groups[group] = state
    }

    /// Removes at most `limit` entries that purges left below the bases.
    mutating func clean(atMost limit: Int) throws {
        var rest = limit
        for group in groups.keys.sorted() {
            guard rest > 0 else { return }
            guard var state = groups[group], state.awaitsCleaning, let table = state.table else { continue }
            let cursor = try Cursor(transaction, table)
            state.oldest = state.record.base.index.next
            while let index = try cursor.first()?.index, index <= state.record.base.index {
                if rest == 0 {
                    state.oldest = index
                    break
                }
                try cursor.delete()
                rest -= 1
            }
            groups[group] = state
        }
    }

    /// - Parameter repairs: they come next; the entry at `index` may be one that only they make whole.
    private func truncate(
        _ state: inout GroupState, after index: LogIndex, _ repairs: EntryBatch, _ group: GroupID
    ) throws {
        let record = state.record
        guard index >= record.base.index else {
            throw misuse(group, "it cannot be truncated after \(index), below its base \(record.base)")
        }
        guard index < record.last.index, let table = state.table else { return }
        state.record.last =
            !repairs.isEmpty && repairs.lastIndex == index
            ? repairs.id(at: repairs.count - 1) : try position(of: index, in: state, group)
        if index == record.base.index, !state.awaitsCleaning { return try transaction.removeAll(in: table) }
        let cursor = try Cursor(transaction, table)
        while let last = try cursor.last()?.index, last > index { try cursor.delete() }
    }

    /// In the place of entries that are damaged, or of those between them.
    private func replace(_ entries: EntryBatch, in state: GroupState, _ group: GroupID) throws {
        let record = state.record
        guard entries.firstIndex > record.base.index, entries.lastIndex <= record.last.index, let table = state.table
        else {
            throw misuse(
                group,
                "repairs \(entries.firstIndex) to \(entries.lastIndex) reach out of it, \(record.base.index.next) to "
                    + "\(record.last.index)")
        }
        for position in 0..<entries.count {
            try entries.withUnsafeBytes(ofEntryAt: position) { bytes in
                try transaction.replace(bytes, at: entries.firstIndex + position, in: table)
            }
        }
        if entries.lastIndex == record.last.index, entries.id(at: entries.count - 1) != record.last {
            throw misuse(
                group, "its last entry, \(record.last), cannot be repaired by \(entries.id(at: entries.count - 1))")
        }
    }

    private func append(_ entries: EntryBatch, to state: inout GroupState, _ group: GroupID) throws {
        let last = state.record.last
        guard entries.firstIndex == last.index.next else {
            throw misuse(group, "entries from \(entries.firstIndex) on do not follow its last, \(last)")
        }
        guard entries.term(at: 0) >= last.term else {
            throw misuse(group, "entry \(entries.id(at: 0)) is of an earlier term than its last, \(last)")
        }
        let table: MDB_dbi
        if let known = state.table {
            table = known
        } else {
            guard groups.values.count(where: { $0.table != nil }) < maximumGroups,
                let made = try transaction.open(Schema.entries(group), creating: true)
            else { throw misuse(group, "there is room for \(maximumGroups) groups, and not for this one") }
            state.table = made
            table = made
        }
        let cursor = try Cursor(transaction, table)
        for position in 0..<entries.count {
            try entries.withUnsafeBytes(ofEntryAt: position) { bytes in
                try cursor.append(bytes, at: entries.firstIndex + position)
            }
        }
        state.record.last = entries.id(at: entries.count - 1)
    }

    /// Replaces the snapshot; its body is known to be finished.
    private func name(_ snapshot: Snapshot, in state: inout GroupState, _ group: GroupID) throws {
        let last = snapshot.last
        if let known = state.snapshot?.last, last.index < known.index || last.term < known.term {
            throw misuse(group, "a snapshot of \(last) cannot take the place of a later one, of \(known)")
        }
        guard last.index >= state.record.base.index else {
            throw misuse(group, "a snapshot of \(last) does not reach its base \(state.record.base)")
        }
        try transaction.put(snapshot.encoded(), as: Schema.snapshot(group), in: main)
        state.snapshot = snapshot
        state.record.hasSnapshot = true
    }

    /// Moves the base; `clean` removes the entries. A base that is past the end empties the log.
    private func purge(_ state: inout GroupState, through position: LogID, _ group: GroupID) throws {
        guard position.index > state.record.base.index else { return }
        // Without a snapshot it is the caller's affair how the state comes back.
        if let covered = state.snapshot?.last, position.index > covered.index {
            throw misuse(group, "it cannot be purged through \(position): its snapshot reaches only to \(covered)")
        }
        if position.index < state.record.last.index {
            // One of an earlier term may be left behind a repair of a later one, which it cannot have followed: every start
            // takes it for damaged.
            if let here = try intactPosition(of: position.index, in: state), here.term > position.term {
                throw misuse(group, "it cannot be purged through \(position): the entry there is another")
            }
        } else {
            state.record.last = position
        }
        if !state.awaitsCleaning { state.oldest = state.record.base.index.next }
        state.record.base = position
    }

    /// The index and term of an entry that is there; nil when it is damaged, or missing.
    private func intactPosition(of index: LogIndex, in state: GroupState) throws -> LogID? {
        guard let table = state.table, let bytes = try transaction.entry(at: index, in: table),
            let header = try? EntryHeader.verify(bytes), header.index == index
        else { return nil }
        return header.id
    }

    /// The index and term of an entry that is there, or of the base.
    private func position(of index: LogIndex, in state: GroupState, _ group: GroupID) throws -> LogID {
        if index == state.record.base.index { return state.record.base }
        guard let table = state.table, let bytes = try transaction.entry(at: index, in: table),
            let header = try? EntryHeader.verify(bytes), header.index == index
        else { throw StorageError(.damaged, "\(path), group \(group): log entry \(index) is missing or damaged") }
        return header.id
    }

    private func misuse(_ group: GroupID, _ what: String) -> StorageError {
        StorageError(.misuse, "log of group \(group): \(what)")
    }
}
