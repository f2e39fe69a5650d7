import Glibc
import RaftCore

/// An open file or directory. Closed when it goes out of scope.
struct Descriptor: ~Copyable {
    let number: Int32
    /// For messages.
    let path: String

    /// - Throws: `StorageError`, code `io` (`full` when there is no room to create it).
    init(opening path: String, _ flags: Int32, mode: mode_t = 0o600) throws(StorageError) {
        let number = open(path, flags | O_CLOEXEC, mode)
        guard number >= 0 else { throw StorageError(system: errno, "open", path) }
        self.number = number
        self.path = path
    }

    deinit { close(number) }

    func size() throws(StorageError) -> UInt64 {
        var status = stat()
        guard fstat(number, &status) == 0 else { throw StorageError(system: errno, "look at", path) }
        return UInt64(status.st_size)
    }

    /// Fills `buffer` from `offset` on, as far as the file goes, and returns how many bytes there were.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(StorageError) -> Int {
        var done = 0
        while done < buffer.count, let base = buffer.baseAddress {
            let count = pread(number, base + done, buffer.count - done, off_t(offset) + off_t(done))
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw StorageError(system: errno, "read", path)
            }
            done += count
        }
        return done
    }

    func write(_ buffer: UnsafeRawBufferPointer, at offset: UInt64) throws(StorageError) {
        var done = 0
        while done < buffer.count, let base = buffer.baseAddress {
            let count = pwrite(number, base + done, buffer.count - done, off_t(offset) + off_t(done))
            if count < 0 {
                if errno == EINTR { continue }
                throw StorageError(system: errno, "write", path)
            }
            done += count
        }
    }

    /// Cuts what is behind `size`, or adds zeros.
    func resize(to size: UInt64) throws(StorageError) {
        while ftruncate(number, off_t(size)) != 0 {
            guard errno == EINTR else { throw StorageError(system: errno, "resize", path) }
        }
    }

    /// The bytes, and of what is known about the file as much as reading them takes.
    func synchronizeData() throws(StorageError) {
        guard fdatasync(number) == 0 else { throw StorageError(system: errno, "sync", path) }
    }

    func synchronize() throws(StorageError) {
        guard fsync(number) == 0 else { throw StorageError(system: errno, "sync", path) }
    }
}

extension StorageError {
    /// What the system said when asked to `action` the file at `path`.
    init(system code: Int32, _ action: String, _ path: String) {
        let why = String(cString: strerror(code))
        self.init(
            code == ENOSPC || code == EDQUOT ? .full : .io, "cannot \(action) \(path): \(why) (error \(code))")
    }
}
