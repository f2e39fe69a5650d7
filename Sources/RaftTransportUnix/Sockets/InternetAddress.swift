import Glibc
import NIOCore
import RaftCore

/// What a TCP address means for safety: rule N3 allows clear text within the machine only.
enum InternetAddress {
    /// Why this address may not be used, or nil.
    static func objection(to address: RaftAddress, allowInsecureTCP: Bool) -> TransportError? {
        guard case .tcp(let host, _) = address.kind, !allowInsecureTCP, !isLoopback(host) else { return nil }
        return TransportError(
            "address \(address) leaves this machine, and TCP is neither encrypted nor authenticated: use tcp:127.0.0.1, "
                + "a Unix socket or a tunnel, or allow insecure TCP explicitly")
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" { return true }
        var bytes: [UInt8] = Array(repeating: 0, count: 16)
        if inet_pton(AF_INET, host, &bytes) == 1 { return bytes[0] == 127 }
        if inet_pton(AF_INET6, host, &bytes) == 1 { return bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1 }
        return false
    }

    /// Binds a TCP socket.
    /// - Returns: the descriptor, and the address with the port that was taken when 0 was asked for.
    static func bind(_ address: RaftAddress, host: String, port: UInt16) throws(TransportError) -> (CInt, RaftAddress) {
        func wrong(_ why: String) -> TransportError {
            TransportError("address \(address) cannot be listened on: \(why)")
        }
        guard let target = try? SocketAddress(ipAddress: host, port: Int(port)) else {
            throw wrong("listen on an IP address, for example tcp:127.0.0.1:\(port)")
        }
        let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(target.protocol == .inet6 ? AF_INET6 : AF_INET, type, 0)
        guard descriptor >= 0 else { throw wrong("\(SystemError.last())") }
        var yes: CInt = 1
        // A restarted node does not wait for the connections of its former life to time out.
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<CInt>.size))
        let result = target.withSockAddr { pointer, size in Glibc.bind(descriptor, pointer, socklen_t(size)) }
        guard result == 0 else {
            let error = SystemError.last()
            close(descriptor)
            throw error.code == EADDRINUSE ? inUse(address) : wrong("\(error)")
        }
        return (descriptor, address.with(port: boundPort(descriptor) ?? port))
    }

    static func inUse(_ address: RaftAddress) -> TransportError {
        TransportError("address \(address) is in use by another process: stop it or choose another port")
    }

    private static func boundPort(_ descriptor: CInt) -> UInt16? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard result == 0 else { return nil }
        // The port stands at the same place in both families.
        return withUnsafeBytes(of: storage) { UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self)) }
    }
}
