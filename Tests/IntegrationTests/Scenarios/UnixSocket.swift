import Foundation

/// The system's calls on Unix sockets, none of which blocks.
enum UnixSocket {
    static func listen(at path: String) throws -> Int32 {
        unlink(path)
        guard let descriptor = make() else { throw RelayError("socket: \(errno)") }
        let isListening = withAddress(path) { bind(descriptor, $0, $1) == 0 } && Glibc.listen(descriptor, 64) == 0
        guard isListening else {
            let error = errno
            close(descriptor)
            throw RelayError("cannot listen at \(path): \(String(cString: strerror(error)))")
        }
        return descriptor
    }

    /// Nil when nobody listens, or too many wait to be accepted.
    static func connect(to path: String) -> Int32? {
        guard let descriptor = make() else { return nil }
        guard withAddress(path, { Glibc.connect(descriptor, $0, $1) == 0 }) else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    static func accept(at listener: Int32) -> Int32? {
        let descriptor = Glibc.accept(listener, nil, nil)
        guard descriptor >= 0 else { return nil }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return descriptor
    }

    /// Two that are connected to one another.
    static func pair() throws -> (Int32, Int32) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | flags, 0, &ends) == 0 else {
            throw RelayError("socketpair: \(errno)")
        }
        return (ends[0], ends[1])
    }

    /// Who is at the other end, as C's `struct ucred` tells: process, user, group.
    static func peerProcess(of descriptor: Int32) -> pid_t? {
        var credentials: (pid_t, uid_t, gid_t) = (0, 0, 0)
        var size = socklen_t(MemoryLayout.size(ofValue: credentials))
        let isKnown = getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0
        return isKnown && credentials.0 > 0 ? credentials.0 : nil
    }

    private static var flags: Int32 { Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue) }

    private static func make() -> Int32? {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | flags, 0)
        return descriptor >= 0 ? descriptor : nil
    }

    private static func withAddress<Value>(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Value)
        -> Value
    {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8).prefix(107)) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
