import Glibc
import RaftCore

/// An open file of the toy storage.
final class ToyFile: Sendable {
    let number: Int32
    let path: String

    init(_ path: String, _ flags: Int32 = O_RDWR | O_CREAT) throws {
        number = open(path, flags | O_CLOEXEC, 0o600)
        self.path = path
        guard number >= 0 else { throw StorageError(.io, "\(path) cannot be opened: error \(errno)") }
    }

    deinit { close(number) }

    func write(_ bytes: [UInt8], at offset: Int) throws {
        let count = bytes.withUnsafeBytes { pwrite(number, $0.baseAddress, $0.count, off_t(offset)) }
        guard count == bytes.count else { throw StorageError(.io, "\(path) cannot be written: error \(errno)") }
    }

    func sync() throws {
        guard fsync(number) == 0 else { throw StorageError(.io, "\(path) cannot be synced: error \(errno)") }
    }

    func readAll() -> [UInt8] {
        let size = Int(lseek(number, 0, SEEK_END))
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = max(0, pread(number, buffer.baseAddress, size, 0))
        }
    }

    /// A lock that is the descriptor's, not the process's (F_OFD_SETLK).
    func lock() -> Bool {
        var request = Glibc.flock()
        request.l_type = Int16(F_WRLCK)
        return fcntl(number, 37, &request) == 0
    }
}
