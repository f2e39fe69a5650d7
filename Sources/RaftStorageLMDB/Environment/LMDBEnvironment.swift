import CLMDB
import Glibc
import RaftCore

/// An open LMDB environment: transactions as closures, and the map's size.
///
/// Read transactions may run on any number of threads, a write transaction on one at a time (LMDB has a lock for that).
/// Resizing the map moves it, so it waits until no transaction runs, and holds new ones off.
final class LMDBEnvironment: @unchecked Sendable {
    // LMDB allows an environment to be used from all threads; the one call that is not safe beside others,
    // mdb_env_set_mapsize, is made under `gate`. `path` is constant.
    private let pointer: OpaquePointer
    private let gate = ReadWriteLock()
    let path: String

    enum Access {
        case readWrite
        /// By the only user of a file that nobody else knows yet: no table of readers.
        case exclusive
        /// Nothing is written, not even the table of readers.
        case readOnly
    }

    /// - Parameter mapSize: bytes; LMDB takes more when the file says so.
    init(
        path: String, access: Access, mapSize: Int, maximumTables: Int, broken: MutationSwitch = MutationSwitch()
    ) throws(LMDBError) {
        if access == .readWrite { try Self.allocateReaders(beside: path) }
        var made: OpaquePointer?
        try check("making an environment", mdb_env_create(&made))
        guard let pointer = made else { throw LMDBError(result: .panic, operation: "making an environment") }
        var flags = MDB_NOSUBDIR | MDB_NOTLS
        switch access {
        case .readWrite: break
        case .exclusive: flags |= MDB_NOLOCK
        case .readOnly: flags |= MDB_NOLOCK | MDB_RDONLY
        }
        if broken.breaks(.commitWithoutSync) { flags |= MDB_NOSYNC }
        if broken.breaks(.commitWithoutMetaSync) { flags |= MDB_NOMETASYNC }
        do {
            try check("sizing the map", mdb_env_set_mapsize(pointer, Self.rounded(mapSize)))
            try check("making room for tables", mdb_env_set_maxdbs(pointer, UInt32(maximumTables)))
            try check("making room for readers", mdb_env_set_maxreaders(pointer, UInt32(Self.maximumReaders)))
            try check("opening the environment", mdb_env_open(pointer, path, UInt32(flags), 0o600))
        } catch {
            mdb_env_close(pointer)
            throw error
        }
        self.pointer = pointer
        self.path = path
    }

    deinit { mdb_env_close(pointer) }

    /// LMDB maps its table of readers and writes into it: where the file has a hole and the disk no room, that ends the
    /// process.
    private static func allocateReaders(beside path: String) throws(LMDBError) {
        let file = open(path + "-lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { return }  // LMDB says what is wrong.
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { return }
        // As large as LMDB makes it, or a page more.
        let least = maximumReaders * 64
        let isThere = status.st_size >= least
        var result: Int32
        repeat {
            result = posix_fallocate(file, 0, isThere ? status.st_size : off_t(least + 4096))
        } while result == EINTR
        // What is there has been used, and has disk where LMDB wrote.
        if !isThere, result == ENOSPC || result == EDQUOT {
            try check("making room for the table of readers", result)
        }
    }

    private static let maximumReaders = 1024

    /// Runs `body` on one unchanging view of what is committed.
    func read<Result>(_ body: (Transaction) throws -> Result) throws -> Result {
        try gate.reading {
            let transaction = try begin(UInt32(MDB_RDONLY))
            // Reading ends the same way whatever happened; aborting also drops the slot in the table of readers.
            defer { mdb_txn_abort(transaction.pointer) }
            return try body(transaction)
        }
    }

    /// Runs `body` and commits what it did: durable when this returns. Nothing of it stays when it throws.
    /// - Parameter veto: asked after `body`; a number other than nil fails the commit with that error.
    func write<Result>(
        veto: () -> Int32? = { nil }, _ body: (Transaction) throws -> Result
    ) throws -> Result {
        try gate.reading {
            let transaction = try begin(0)
            let result: Result
            do {
                result = try body(transaction)
                if let error = veto() { try check("committing", error) }
            } catch {
                mdb_txn_abort(transaction.pointer)
                throw error
            }
            // Writes the pages, syncs them, writes and syncs the meta page; frees the transaction whatever happens.
            try check("committing", mdb_txn_commit(transaction.pointer))
            return result
        }
    }

    /// Whether a meta page could not be written: LMDB refuses every transaction from then on.
    var isBroken: Bool {
        do {
            try gate.reading { mdb_txn_abort(try begin(UInt32(MDB_RDONLY)).pointer) }
            return false
        } catch let error as LMDBError {
            return error.result == .panic
        } catch {
            return true
        }
    }

    private func begin(_ flags: UInt32) throws(LMDBError) -> Transaction {
        var transaction: OpaquePointer?
        try check("beginning a transaction", mdb_txn_begin(pointer, nil, flags, &transaction))
        guard let transaction else { throw LMDBError(result: .panic, operation: "beginning a transaction") }
        return Transaction(pointer: transaction)
    }

    // MARK: Size

    var mapSize: Int { information.me_mapsize }

    /// Bytes of the file up to the last page that was ever used.
    var usedBytes: Int { (information.me_last_pgno + 1) * pageSize }

    var pageSize: Int {
        var statistics = MDB_stat()
        mdb_env_stat(pointer, &statistics)
        return Int(statistics.ms_psize)
    }

    /// Bytes of pages inside `usedBytes` that hold nothing any more.
    func freeBytes() throws -> Int {
        let pages = try read { transaction in
            // Table 0 maps a transaction to the pages it freed: a count, then their numbers.
            let cursor = try Cursor(transaction, 0)
            var pages = 0
            var item = try cursor.first()
            while let record = item {
                if record.value.count >= 8 { pages += record.value.loadUnaligned(as: Int.self) }
                item = try cursor.next()
            }
            return pages
        }
        return pages * pageSize
    }

    /// Whether a map of `size` bytes would be refused, and with which `errno`. To be asked before `grow`: LMDB gives up the
    /// old map before it makes the new one, and without any it would crash.
    static func refusal(ofAddressSpace size: Int) -> Int32? {
        let size = rounded(size)
        let map = mmap(nil, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | Int32(MAP_NORESERVE), -1, 0)
        guard let map, map != MAP_FAILED else { return errno }
        munmap(map, size)
        return nil
    }

    /// Makes the map at least `size` bytes large. Waits for the transactions under way.
    func grow(to size: Int) throws(LMDBError) {
        let result = gate.writing { mdb_env_set_mapsize(pointer, Self.rounded(size)) }
        try check("growing the map", result)
    }

    /// A map consists of whole pages, of the system's size too; none has larger ones than this.
    private static func rounded(_ size: Int) -> Int { (size + 0xFFFF) & ~0xFFFF }

    /// The file, for allocating disk ahead.
    var descriptor: Int32 {
        var number: Int32 = -1
        mdb_env_get_fd(pointer, &number)
        return number
    }

    private var information: MDB_envinfo {
        var information = MDB_envinfo()
        mdb_env_info(pointer, &information)
        return information
    }
}
