import CRaftChecksum
import Glibc
import RaftCore

/// An open file of this module. Closed with its last reference.
final class BackupFile: Sendable {
    let path: String
    private let number: CInt

    init(opening path: String, _ flags: CInt) throws(StorageError) {
        number = open(path, flags | O_CLOEXEC, 0o600)
        self.path = path
        guard number >= 0 else { throw StorageError(system: errno, "open", path) }
    }

    deinit { if number >= 0 { close(number) } }

    func size() throws(StorageError) -> UInt64 {
        var status = stat()
        guard fstat(number, &status) == 0 else { throw StorageError(system: errno, "look at", path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw StorageError(.io, "\(path) is not a file") }
        return UInt64(status.st_size)
    }

    /// As many of `count` bytes from `offset` on as there are.
    func read(at offset: UInt64, count: Int) throws(StorageError) -> [UInt8] {
        var failure: StorageError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            while done < count, let base = buffer.baseAddress {
                let step = pread(number, base + done, count - done, off_t(offset) + off_t(done))
                if step < 0, errno == EINTR { continue }
                if step < 0 { failure = StorageError(system: errno, "read", path) }
                if step <= 0 { return }
                done += step
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Adds to the end, for whoever writes nothing else.
    func append(_ bytes: [UInt8]) throws(StorageError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let step = rest.withUnsafeBytes { write(number, $0.baseAddress, $0.count) }
            if step < 0, errno == EINTR { continue }
            guard step >= 0 else { throw StorageError(system: errno, "write", path) }
            rest = rest.dropFirst(step)
        }
    }

    func synchronize() throws(StorageError) {
        guard fsync(number) == 0 else { throw StorageError(system: errno, "sync", path) }
    }

    static func checksum(_ bytes: [UInt8]) -> UInt32 { checksum(0, bytes) }

    static func checksum(_ seed: UInt32, _ bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBytes { raw in raw.baseAddress.map { raft_crc32c(seed, $0, raw.count) } ?? seed }
    }
}

extension StorageError {
    /// What the system said when asked to `action` the file at `path`.
    init(system code: CInt, _ action: String, _ path: String) {
        let why = String(cString: strerror(code))
        self.init(code == ENOSPC || code == EDQUOT ? .full : .io, "cannot \(action) \(path): \(why)")
    }
}
