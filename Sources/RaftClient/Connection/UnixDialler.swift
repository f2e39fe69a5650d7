import Glibc

/// Connects to Unix domain sockets by their exact address: NIO would take the `@` of an abstract name for a file's name.
enum UnixDialler {
    /// Why a system call failed.
    struct Failure: Error, CustomStringConvertible {
        let code: CInt
        var description: String { String(cString: strerror(code)) }
    }

    /// Connects a non-blocking socket; such a socket does so at once or not at all.
    /// - Returns: the descriptor, which the caller closes.
    static func connect(to name: String, isAbstract: Bool) throws(Failure) -> CInt {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // Reading the address has checked that it fits.
        let bytes = Array(name.utf8.prefix(MemoryLayout.size(ofValue: address.sun_path) - 1))
        withUnsafeMutableBytes(of: &address.sun_path) { $0[(isAbstract ? 1 : 0)...].copyBytes(from: bytes) }
        // Abstract: a zero in front, none behind, for that would be part of the name. A path: the other way round.
        let length = MemoryLayout<sockaddr_un>.size - MemoryLayout.size(ofValue: address.sun_path) + bytes.count + 1
        let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw Failure(code: errno) }
        let result = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(length))
            }
        }
        guard result == 0 else {
            let failure = Failure(code: errno)
            close(descriptor)
            throw failure
        }
        return descriptor
    }
}
