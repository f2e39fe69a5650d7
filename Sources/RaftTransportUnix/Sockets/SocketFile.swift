import Glibc
import RaftCore
import Synchronization

/// A socket file and the lock under which it was made.
///
/// A socket file outlives its process, so a crashed node finds its own file in the way. Whether somebody listens on it
/// is found out by connecting, and only under the lock `PATH.lock`: between another node's `bind` and `listen` a
/// connection is refused too. So the lock is taken before anything else and kept while listening.
final class SocketFile: Sendable {
    let path: String
    private let lock: CInt
    private let identity: FileIdentity
    private let isReleased = Mutex(false)

    private init(path: String, lock: CInt, identity: FileIdentity) {
        self.path = path
        self.lock = lock
        self.identity = identity
    }

    deinit { release() }

    /// Binds a socket to the file `path`, readable and writable for `mode` only. Removes a file that a dead process
    /// left.
    static func bind(_ path: String, mode: mode_t) throws(TransportError) -> (descriptor: CInt, file: SocketFile) {
        let lock = try takeLock(path)
        do throws(TransportError) {
            let descriptor = try bindLocked(path, mode: mode)
            guard let identity = FileIdentity(path) else {
                close(descriptor)
                throw TransportError("address unix:\(path) was removed by another process while it was bound")
            }
            return (descriptor, SocketFile(path: path, lock: lock, identity: identity))
        } catch {
            releaseLock(lock, path)
            throw error
        }
    }

    /// Removes the file, if it is still the one that was bound. Call it while still listening.
    func remove() {
        isReleased.withLock { isReleased in
            if !isReleased, FileIdentity(path) == identity { unlink(path) }
        }
    }

    /// Lets go of the lock. Call it when nobody listens any more. Idempotent.
    func release() {
        isReleased.withLock { isReleased in
            if !isReleased { Self.releaseLock(lock, path) }
            isReleased = true
        }
    }

    private static func bindLocked(_ path: String, mode: mode_t) throws(TransportError) -> CInt {
        let address = UnixSocketAddress(path, isAbstract: false)
        // Once for a stale file; a second time only when others meddle without the lock.
        for _ in 0..<3 {
            let descriptor: CInt
            do { descriptor = try UnixSocketAddress.makeSocket() } catch {
                throw TransportError("address unix:\(path) cannot be listened on: \(error)")
            }
            // On Linux the file takes over the socket's mode, so that it is never open to others, not for a moment.
            fchmod(descriptor, mode)
            if address.withSockAddr({ Glibc.bind(descriptor, $0, $1) }) == 0 {
                // The process's umask may have taken something from it; and nobody connects before it is listened on.
                chmod(path, mode)
                return descriptor
            }
            let error = SystemError.last()
            close(descriptor)
            guard error.code == EADDRINUSE else {
                throw TransportError("address unix:\(path) cannot be listened on: \(error)")
            }
            try removeStale(path, address)
        }
        throw inUse(path)
    }

    /// Removes the socket file at `path` after a connection to it was refused.
    private static func removeStale(_ path: String, _ address: UnixSocketAddress) throws(TransportError) {
        guard let found = FileIdentity(path) else { return }
        // A connection to a plain file is refused as well.
        guard found.isSocket else {
            throw TransportError("address unix:\(path) is a file that is no socket: remove it or choose another path")
        }
        let probe: CInt
        do {
            probe = try address.connect()
        } catch {
            switch error.code {
            case ECONNREFUSED:
                if FileIdentity(path) == found { unlink(path) }
                return
            case ENOENT: return
            // Its queue is full, or it is a socket of another type: somebody lives there.
            case EAGAIN, EPROTOTYPE: throw inUse(path)
            default: throw TransportError("address unix:\(path) exists and cannot be tried: \(error)")
            }
        }
        close(probe)
        throw inUse(path)
    }

    private static func inUse(_ path: String) -> TransportError {
        TransportError("address unix:\(path) is in use by another process")
    }

    private static func takeLock(_ path: String) throws(TransportError) -> CInt {
        let lockPath = path + ".lock"
        // Again when the holder removed the file between our opening and locking it.
        for _ in 0..<16 {
            let lock = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard lock >= 0 else {
                let error = SystemError.last()
                if error.code == ENOENT {
                    throw TransportError(
                        "address unix:\(path) lies in a directory that does not exist: create it first")
                }
                throw TransportError("address unix:\(path) cannot be locked by \(lockPath): \(error)")
            }
            guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
                let error = SystemError.last()
                close(lock)
                if error.code == EWOULDBLOCK { throw inUse(path) }
                throw TransportError("address unix:\(path) cannot be locked by \(lockPath): \(error)")
            }
            if let held = FileIdentity(descriptor: lock), held == FileIdentity(lockPath) { return lock }
            close(lock)
        }
        throw inUse(path)
    }

    private static func releaseLock(_ lock: CInt, _ path: String) {
        // While it is held, so that nobody loses a lock that he took on it.
        unlink(path + ".lock")
        close(lock)
    }
}

/// Which file it is, whatever its name.
private struct FileIdentity: Equatable {
    let device: dev_t
    let inode: ino_t
    let isSocket: Bool

    /// Nil when there is none. A symbolic link stands for itself.
    init?(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    init?(descriptor: CInt) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        device = status.st_dev
        inode = status.st_ino
        isSocket = status.st_mode & S_IFMT == S_IFSOCK
    }
}
