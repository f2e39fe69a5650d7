import Glibc
import RaftCore

/// Holds a data directory for one process: a lock on the file `LOCK` in it, with the process id written inside for
/// people and messages.
///
/// The lock belongs to the open file (`F_OFD_SETLK`), not to the process: a second opener is refused within one process
/// too, closing some other descriptor of the file does not release it, and it ends with the process however that ends.
/// What the file says is never trusted, only the lock is.
final class DirectoryLock: Sendable {
    enum Purpose {
        /// A node: creates the file when it is missing.
        case serve
        /// A reader that leaves the directory as it is, read-only media included.
        case inspect
    }

    private let descriptor: Descriptor

    /// Linux's number for a lock that belongs to the open file; not among the names that Swift imports.
    private static let setOpenFileLock: Int32 = 37

    /// - Throws: `StorageError`, code `locked` when another holds it.
    init(directory: String, for purpose: Purpose) throws {
        let path = directory + "/LOCK"
        var flags = purpose == .serve ? O_RDWR | O_CREAT : O_RDWR
        if purpose == .inspect, access(path, W_OK) != 0 { flags = O_RDONLY }
        descriptor = try Descriptor(opening: path, flags)

        var request = flock()
        request.l_type = Int16(flags == O_RDONLY ? F_RDLCK : F_WRLCK)
        request.l_whence = Int16(SEEK_SET)
        guard fcntl(descriptor.number, Self.setOpenFileLock, &request) == 0 else {
            let code = errno
            guard code == EAGAIN || code == EACCES else { throw StorageError(system: code, "lock", path) }
            throw StorageError(
                .locked, "data directory \(directory) is in use by \(Self.holder(descriptor)); stop that one first")
        }
        guard flags != O_RDONLY else { return }
        // Over what is there, so that a full disk finds the room that it had; for people only, so that none is no error.
        let text = Array("\(getpid())\n".utf8)
        do {
            try text.withUnsafeBytes { try descriptor.write($0, at: 0) }
            _ = ftruncate(descriptor.number, off_t(text.count))
        } catch {
            _ = ftruncate(descriptor.number, 0)
        }
    }

    private static func holder(_ file: borrowing Descriptor) -> String {
        var digits = ""
        withUnsafeTemporaryAllocation(byteCount: 32, alignment: 1) { buffer in
            let count = (try? file.read(into: buffer, at: 0)) ?? 0
            for byte in buffer[..<count] where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
                digits.unicodeScalars.append(Unicode.Scalar(byte))
            }
        }
        return digits.isEmpty ? "another process" : "process \(digits)"
    }
}
