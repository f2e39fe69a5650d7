import CLMDB
import Glibc
import RaftCore

/// What an LMDB function returned: 0, a code of LMDB's own, or an `errno`.
struct LMDBResult: RawRepresentable, Hashable, Sendable {
    let rawValue: Int32

    static let success = LMDBResult(rawValue: MDB_SUCCESS)
    static let notFound = LMDBResult(rawValue: MDB_NOTFOUND)
    static let mapFull = LMDBResult(rawValue: MDB_MAP_FULL)
    static let panic = LMDBResult(rawValue: MDB_PANIC)
    static let noSpace = LMDBResult(rawValue: ENOSPC)
    static let quotaExceeded = LMDBResult(rawValue: EDQUOT)
    /// Also what LMDB makes of a write that returned less than it was given.
    static let deviceError = LMDBResult(rawValue: EIO)

    /// The storage error code that tells callers the same.
    var code: StorageError.Code {
        switch rawValue {
        case ENOSPC, EDQUOT, MDB_MAP_FULL: .full
        case MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_INVALID, MDB_CURSOR_FULL, MDB_PAGE_FULL, MDB_INCOMPATIBLE: .damaged
        case MDB_VERSION_MISMATCH: .tooNew
        default: .io
        }
    }
}

/// An LMDB function failed. Stays inside this module: callers see a `StorageError`.
struct LMDBError: Error {
    let result: LMDBResult
    let operation: StaticString

    func storageError(_ path: String) -> StorageError {
        let why = String(cString: mdb_strerror(result.rawValue))
        return StorageError(result.code, "\(path): \(operation) failed: \(why) (error \(result.rawValue))")
    }
}

/// Calls into LMDB: anything but success is thrown.
@inline(__always)
func check(_ operation: StaticString, _ result: Int32) throws(LMDBError) {
    guard result == MDB_SUCCESS else {
        throw LMDBError(result: LMDBResult(rawValue: result), operation: operation)
    }
}
