import Glibc
import RaftTransportUnix

/// A service manager's datagram socket for messages of sd_notify(3): a few lines of text each. The protocol is stable and
/// small, so that no library stands between a node and its manager.
final class NotifySocket: Sendable {
    enum Outcome {
        case sent
        /// The manager has not read what came before.
        case full
        /// It will not be sent, however often it is tried.
        case failed
    }

    private let descriptor: CInt
    private let address: UnixSocketAddress

    /// - Parameter path: of a socket file, or `@` and an abstract name. Nil for anything else.
    init?(_ path: String) {
        guard path.utf8.count > 1, path.hasPrefix("/") || path.hasPrefix("@") else { return nil }
        let isAbstract = path.hasPrefix("@")
        address = UnixSocketAddress(isAbstract ? String(path.dropFirst()) : path, isAbstract: isAbstract)
        let type = CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { return nil }
    }

    deinit { close(descriptor) }

    /// Never blocks. Any thread.
    func send(_ message: String) -> Outcome {
        let bytes = [UInt8](message.utf8)
        let sent = address.withSockAddr { sendto(descriptor, bytes, bytes.count, 0, $0, $1) }
        if sent == bytes.count { return .sent }
        return errno == EAGAIN || errno == ENOBUFS ? .full : .failed
    }
}
