package import Glibc
import RaftCore

/// A `sockaddr_un` with its exact length: an abstract name ends where its length says, as systemd and socat have it,
/// and zeros behind it would be part of the name.
package struct UnixSocketAddress: Sendable {
    private var address = sockaddr_un()
    private let length: socklen_t

    /// - Parameter name: at most `RaftAddress.maximumPathBytes`, which reading the address has checked.
    package init(_ name: String, isAbstract: Bool) {
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(name.utf8.prefix(RaftAddress.maximumPathBytes))
        withUnsafeMutableBytes(of: &address.sun_path) { $0[(isAbstract ? 1 : 0)...].copyBytes(from: bytes) }
        // Abstract: a zero in front and none behind. A path: none in front and one behind.
        let offset = MemoryLayout<sockaddr_un>.size - MemoryLayout.size(ofValue: address.sun_path)
        length = socklen_t(offset + bytes.count + 1)
    }

    /// Nil for TCP.
    init?(_ address: RaftAddress) {
        switch address.kind {
        case .path(let path): self.init(path, isAbstract: false)
        case .abstract(let name): self.init(name, isAbstract: true)
        case .tcp: return nil
        }
    }

    package func withSockAddr<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    /// Connects a non-blocking socket. A Unix domain socket does so at once or not at all.
    /// - Returns: the descriptor, which the caller closes.
    func connect() throws(SystemError) -> CInt {
        let descriptor = try Self.makeSocket()
        guard withSockAddr({ Glibc.connect(descriptor, $0, $1) }) == 0 else {
            let error = SystemError.last()
            close(descriptor)
            throw error
        }
        return descriptor
    }

    static func makeSocket() throws(SystemError) -> CInt {
        let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw .last() }
        return descriptor
    }
}
