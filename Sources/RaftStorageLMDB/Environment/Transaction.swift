import CLMDB
import RaftCore
import RaftMembership

/// A transaction while it runs: lent to a closure by `LMDBEnvironment`, never kept.
struct Transaction {
    let pointer: OpaquePointer

    /// The value of `key`; nil when there is none. Valid until the next change or the end of the transaction.
    func value(of key: [UInt8], in database: MDB_dbi) throws(LMDBError) -> UnsafeRawBufferPointer? {
        var value = MDB_val()
        let result = key.withUnsafeBytes { raw in
            var key = MDB_val(raw)
            return mdb_get(pointer, database, &key, &value)
        }
        if result == MDB_NOTFOUND { return nil }
        try check("reading a record", result)
        return UnsafeRawBufferPointer(value)
    }

    func put(_ bytes: [UInt8], as key: [UInt8], in database: MDB_dbi) throws(LMDBError) {
        let result = key.withUnsafeBytes { rawKey in
            bytes.withUnsafeBytes { rawValue in
                var key = MDB_val(rawKey)
                var value = MDB_val(rawValue)
                return mdb_put(pointer, database, &key, &value, 0)
            }
        }
        try check("writing a record", result)
    }

    /// The entry at `index`, not checked; nil when there is none. Valid as long as the transaction.
    func entry(at index: LogIndex, in database: MDB_dbi) throws(LMDBError) -> UnsafeRawBufferPointer? {
        var value = MDB_val()
        let result = withUnsafeBytes(of: index.rawValue.bigEndian) { raw in
            var key = MDB_val(raw)
            return mdb_get(pointer, database, &key, &value)
        }
        if result == MDB_NOTFOUND { return nil }
        try check("reading an entry", result)
        return UnsafeRawBufferPointer(value)
    }

    /// Writes the entry at `index`, whether or not there is one.
    func replace(
        _ bytes: UnsafeRawBufferPointer, at index: LogIndex, in database: MDB_dbi
    ) throws(LMDBError) {
        let result = withUnsafeBytes(of: index.rawValue.bigEndian) { raw in
            var key = MDB_val(raw)
            var value = MDB_val(bytes)
            return mdb_put(pointer, database, &key, &value, 0)
        }
        try check("writing an entry", result)
    }

    /// The database that holds plain records and the roots of the named ones.
    func openMain() throws(LMDBError) -> MDB_dbi {
        var database = MDB_dbi()
        try check("opening the main table", mdb_dbi_open(pointer, nil, 0, &database))
        return database
    }

    /// Nil when it does not exist and is not to be created.
    func open(_ name: String, creating: Bool) throws(LMDBError) -> MDB_dbi? {
        var database = MDB_dbi()
        let result = mdb_dbi_open(pointer, name, creating ? UInt32(MDB_CREATE) : 0, &database)
        if result == MDB_NOTFOUND { return nil }
        try check("opening a table", result)
        return database
    }

    func removeAll(in database: MDB_dbi) throws(LMDBError) {
        try check("emptying a table", mdb_drop(pointer, database, 0))
    }
}

extension MDB_val {
    init(_ raw: UnsafeRawBufferPointer) {
        self.init(mv_size: raw.count, mv_data: UnsafeMutableRawPointer(mutating: raw.baseAddress))
    }
}

extension UnsafeRawBufferPointer {
    init(_ value: MDB_val) { self.init(start: value.mv_data, count: value.mv_size) }
}
