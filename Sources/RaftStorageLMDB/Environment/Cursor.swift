import CLMDB
import RaftCore
import RaftMembership

/// A position in one table of a transaction. Ends before the transaction does.
struct Cursor: ~Copyable {
    private let pointer: OpaquePointer

    /// What a cursor stands on. Valid until the next change or the end of the transaction.
    struct Item {
        var key: UnsafeRawBufferPointer
        var value: UnsafeRawBufferPointer
        /// The key as the index of an entry; nil when it is none.
        var index: LogIndex? {
            guard key.count == 8 else { return nil }
            return LogIndex(UInt64(bigEndian: key.loadUnaligned(as: UInt64.self)))
        }
    }

    init(_ transaction: Transaction, _ database: MDB_dbi) throws(LMDBError) {
        var pointer: OpaquePointer?
        try check("opening a cursor", mdb_cursor_open(transaction.pointer, database, &pointer))
        guard let pointer else { throw LMDBError(result: .panic, operation: "opening a cursor") }
        self.pointer = pointer
    }

    deinit { mdb_cursor_close(pointer) }

    func first() throws(LMDBError) -> Item? { try move(MDB_FIRST) }
    func last() throws(LMDBError) -> Item? { try move(MDB_LAST) }
    func next() throws(LMDBError) -> Item? { try move(MDB_NEXT) }

    /// Goes to the entry at `index`; nil when it is not there.
    func seek(_ index: LogIndex) throws(LMDBError) -> Item? { try move(MDB_SET_KEY, index) }

    /// Goes to the first entry at `index` or after it.
    func seek(from index: LogIndex) throws(LMDBError) -> Item? { try move(MDB_SET_RANGE, index) }

    /// Removes what the cursor stands on.
    func delete() throws(LMDBError) { try check("removing an entry", mdb_cursor_del(pointer, 0)) }

    /// Adds an entry behind all that are there: pages are filled to the brim, and nothing is searched.
    func append(_ bytes: UnsafeRawBufferPointer, at index: LogIndex) throws(LMDBError) {
        let result = withUnsafeBytes(of: index.rawValue.bigEndian) { raw in
            var key = MDB_val(raw)
            var value = MDB_val(bytes)
            return mdb_cursor_put(pointer, &key, &value, UInt32(MDB_APPEND))
        }
        try check("writing an entry", result)
    }

    private func move(_ operation: MDB_cursor_op, _ index: LogIndex = .zero) throws(LMDBError) -> Item? {
        var value = MDB_val()
        var key = MDB_val()
        let result = withUnsafeBytes(of: index.rawValue.bigEndian) { raw in
            key = MDB_val(raw)
            return mdb_cursor_get(pointer, &key, &value, operation)
        }
        if result == MDB_NOTFOUND { return nil }
        try check("reading an entry", result)
        return Item(key: UnsafeRawBufferPointer(key), value: UnsafeRawBufferPointer(value))
    }
}
