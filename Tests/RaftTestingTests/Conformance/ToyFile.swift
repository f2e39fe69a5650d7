import Glibc
import RaftCore

/// An open file of the toy storage.
final class ToyFile: Sendable {
    let number: Int32
    let path: String

    init(_ path: String, _ flags: Int32 = O_RDWR | O_CREAT) throws {
        number = open(path, flags | O_CLOEXEC, 0o600)
        self.path = path
        guard number >= 0 else { throw Self.error(errno, path, "opened") }
    }

    deinit { close(number) }

    func write(_ bytes: [UInt8], at offset: Int) throws {
        try bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count, let base = buffer.baseAddress {
                let count = pwrite(number, base + done, buffer.count - done, off_t(offset + done))
                guard count > 0 else { throw Self.error(errno, path, "written") }
                done += count
            }
        }
    }

    func sync() throws {
        guard fsync(number) == 0 else { throw Self.error(errno, path, "synced") }
    }

    /// Allocates disk for what there will be up to `size` bytes.
    func extend(to size: Int) throws {
        let known = Int(lseek(number, 0, SEEK_END))
        guard size > known else { return }
        let code = posix_fallocate(number, off_t(known), off_t(size - known))
        guard code == 0 else { throw Self.error(code, path, "made larger") }
    }

    /// Writes all that is there once more, and syncs it: what a sync failed for is not on disk, and no other sync brings
    /// it there.
    func settle() throws {
        let bytes = readAll()
        if !bytes.isEmpty { try write(bytes, at: 0) }
        try sync()
    }

    private static func error(_ code: Int32, _ path: String, _ what: String) -> StorageError {
        StorageError(code == ENOSPC ? .full : .io, "\(path) cannot be \(what): error \(code)")
    }

    func readAll() -> [UInt8] {
        let size = Int(lseek(number, 0, SEEK_END))
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = max(0, pread(number, buffer.baseAddress, size, 0))
        }
    }

    /// What a directory holds, sorted.
    static func names(in directory: String) throws -> [String] {
        guard let stream = opendir(directory) else { throw error(errno, directory, "read") }
        defer { closedir(stream) }
        var names: [String] = []
        while let item = readdir(stream) {
            names.append(
                withUnsafePointer(to: &item.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names.sorted()
    }

    /// A lock that is the descriptor's, not the process's (F_OFD_SETLK).
    func lock() -> Bool {
        var request = Glibc.flock()
        request.l_type = Int16(F_WRLCK)
        return fcntl(number, 37, &request) == 0
    }
}
