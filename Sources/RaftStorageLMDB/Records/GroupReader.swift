import CLMDB
import RaftCore
import RaftMembership

/// Reads what the environment holds, and checks it.
struct GroupReader {
    let transaction: Transaction
    let main: MDB_dbi
    /// For messages.
    let path: String
    private let broken: MutationSwitch

    init(
        _ transaction: Transaction, path: String, broken: MutationSwitch = MutationSwitch()
    ) throws(LMDBError) {
        self.transaction = transaction
        self.path = path
        self.broken = broken
        main = try transaction.openMain()
    }

    func identity() throws -> Identity {
        guard let bytes = try transaction.value(of: Schema.identity, in: main) else {
            throw StorageError(.damaged, "\(path) is damaged: it does not say whose it is")
        }
        return try Identity(decoding: bytes, path: path)
    }

    /// Every group that was ever written to, in order, and how many records are of no known kind: none, unless a key
    /// is damaged.
    func content() throws(LMDBError) -> (groups: [GroupID], unknown: Int) {
        let cursor = try Cursor(transaction, main)
        var groups: Set<GroupID> = []
        var unknown = 0
        var item = try cursor.first()
        while let record = item {
            if let group = Schema.group(of: record.key) {
                groups.insert(group)
            } else if !record.key.elementsEqual(Schema.identity) {
                unknown += 1
            }
            item = try cursor.next()
        }
        return (groups.sorted(), unknown)
    }

    /// As `content`, when all is known.
    func groups() throws -> [GroupID] {
        let (groups, unknown) = try content()
        guard unknown == 0 else {
            throw StorageError(.damaged, "\(path) is damaged: it holds \(unknown) records of no known kind")
        }
        return groups
    }

    /// - Parameter expected: whether there must be one.
    func hardState(of group: GroupID, expected: Bool) throws -> HardState? {
        let found = try transaction.value(of: Schema.hardState(group), in: main)
        guard (found != nil) == expected else {
            throw StorageError(
                .damaged, "\(path), hard state of group \(group): it is \(expected ? "missing" : "out of place")")
        }
        guard let bytes = found else { return nil }
        do {
            return try HardState(decoding: bytes)
        } catch {
            throw StorageError(
                error.reason == .future ? .tooNew : .damaged, "\(path), hard state of group \(group): \(error)")
        }
    }

    /// - Parameter record: the group's, which says whether there must be one.
    func snapshot(of group: GroupID, _ record: GroupRecord) throws -> Snapshot? {
        let found = try transaction.value(of: Schema.snapshot(group), in: main)
        guard (found != nil) == record.hasSnapshot else {
            throw StorageError(
                .damaged,
                "\(path), snapshot of group \(group): it is \(record.hasSnapshot ? "missing" : "out of place")")
        }
        guard let bytes = found else { return nil }
        let snapshot: Snapshot
        do {
            snapshot = try Snapshot(decoding: bytes)
        } catch {
            throw StorageError(
                error.reason == .future ? .tooNew : .damaged, "\(path), snapshot of group \(group): \(error)")
        }
        guard snapshot.last.index >= record.base.index else {
            throw StorageError(
                .damaged,
                "\(path), snapshot of group \(group): it ends at \(snapshot.last), below the base \(record.base)")
        }
        return snapshot
    }

    func record(of group: GroupID) throws -> GroupRecord {
        guard let bytes = try transaction.value(of: Schema.record(group), in: main) else { return GroupRecord() }
        return try GroupRecord(decoding: bytes, group: group, path: path)
    }

    /// The group's state as a storage keeps it. The table's handle lasts when the transaction is committed.
    func state(of group: GroupID) throws -> GroupState {
        var state = GroupState()
        state.record = try record(of: group)
        state.snapshot = try snapshot(of: group, state.record)
        state.table = try transaction.open(Schema.entries(group), creating: false)
        state.oldest = state.record.base.index.next
        if let table = state.table {
            let cursor = try Cursor(transaction, table)
            if let first = try cursor.first()?.index, first < state.oldest { state.oldest = first }
        }
        return state
    }

    /// Hard state, snapshot and log of `group`, every checksum verified (rule D3).
    /// - Parameter progressed: called for every entry.
    func recover(_ group: GroupID, progressed: () -> Void = {}) throws -> RecoveredGroup {
        let record = try record(of: group)
        let hardState = try hardState(of: group, expected: record.hasHardState)
        let snapshot = try snapshot(of: group, record)
        var recovery = LogRecovery(base: record.base)
        #if TestBuild
            if broken.breaks(.recoverUnverified) || broken.breaks(.serveUnverified) {
                recovery.mutation = .skipChecksums
            }
        #endif
        if let table = try transaction.open(Schema.entries(group), creating: false) {
            let cursor = try Cursor(transaction, table)
            var item = try cursor.seek(from: record.base.index.next)
            while let entry = item {
                guard let index = entry.index, index >= recovery.next, index <= record.last.index else {
                    throw StorageError(.damaged, "\(path), group \(group): the log holds a record out of its bounds")
                }
                progressed()
                do {
                    while recovery.next < index { try recovery.visitMissing() }
                    try recovery.visit(entry.value)
                } catch {
                    throw StorageError(error.code, "\(path), group \(group), \(error.message)")
                }
                item = try cursor.next()
            }
        }
        do {
            return try recovery.finish(hardState: hardState, snapshot: snapshot, last: record.last)
        } catch {
            throw StorageError(error.code, "\(path), group \(group): \(error.message)")
        }
    }
}
