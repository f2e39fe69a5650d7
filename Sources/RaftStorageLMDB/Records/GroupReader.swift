import CLMDB
import RaftCore
import RaftMembership

/// Reads what the environment holds, and checks it.
struct GroupReader {
    let transaction: Transaction
    let main: MDB_dbi
    /// For messages.
    let path: String

    init(_ transaction: Transaction, path: String) throws(LMDBError) {
        self.transaction = transaction
        self.path = path
        main = try transaction.openMain()
    }

    func identity() throws -> Identity {
        guard let bytes = try transaction.value(of: Schema.identity, in: main) else {
            throw StorageError(.damaged, "\(path) is damaged: it does not say whose it is")
        }
        return try Identity(decoding: bytes, path: path)
    }

    /// Every group that was ever written to, in order.
    func groups() throws(LMDBError) -> [GroupID] {
        let cursor = try Cursor(transaction, main)
        var groups: Set<GroupID> = []
        var item = try cursor.first()
        while let record = item {
            if let group = Schema.group(of: record.key) { groups.insert(group) }
            item = try cursor.next()
        }
        return groups.sorted()
    }

    func hardState(of group: GroupID) throws -> HardState? {
        guard let bytes = try transaction.value(of: Schema.hardState(group), in: main) else { return nil }
        do {
            return try HardState(decoding: bytes)
        } catch {
            throw StorageError(
                error.reason == .future ? .tooNew : .damaged, "\(path), hard state of group \(group): \(error)")
        }
    }

    func bounds(of group: GroupID) throws -> LogBounds {
        guard let bytes = try transaction.value(of: Schema.bounds(group), in: main) else { return LogBounds() }
        return try LogBounds(decoding: bytes, group: group)
    }

    /// The group's state as a storage keeps it. The table's handle lasts when the transaction is committed.
    func state(of group: GroupID) throws -> GroupState {
        var state = GroupState()
        state.bounds = try bounds(of: group)
        state.table = try transaction.open(Schema.entries(group), creating: false)
        state.oldest = state.bounds.base.index.next
        if let table = state.table {
            let cursor = try Cursor(transaction, table)
            if let first = try cursor.first()?.index, first < state.oldest { state.oldest = first }
        }
        return state
    }

    /// Hard state and log of `group`, every checksum verified (rule D3).
    func recover(_ group: GroupID) throws -> RecoveredGroup {
        let hardState = try hardState(of: group)
        let bounds = try bounds(of: group)
        var recovery = LogRecovery(base: bounds.base)
        if let table = try transaction.open(Schema.entries(group), creating: false) {
            let cursor = try Cursor(transaction, table)
            var item = try cursor.seek(from: bounds.base.index.next)
            while let entry = item {
                do {
                    try recovery.visit(entry.value)
                } catch {
                    throw StorageError(error.code, "\(path), group \(group), \(error.message)")
                }
                item = try cursor.next()
            }
        }
        let recovered = recovery.finish(hardState: hardState)
        guard recovered.terms.last == bounds.last else {
            throw StorageError(
                .damaged,
                "\(path), group \(group): the log ends at \(recovered.terms.last), it should end at \(bounds.last)")
        }
        return recovered
    }
}
