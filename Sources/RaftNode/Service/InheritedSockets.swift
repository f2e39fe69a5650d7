import Glibc
import RaftCore

/// Sockets that the service manager listens on for this node, each with the address of the configuration that it stands for.
/// It keeps them while the node is away, so that whoever connects meanwhile waits instead of being refused.
struct InheritedSockets: Hashable, Sendable {
    var peers: [RaftAddress: Int32] = [:]
    var clients: [RaftAddress: Int32] = [:]

    /// - Throws: `ConfigurationError` for a socket that nothing would take: whoever connected to it would wait for ever.
    init(_ sockets: [ServiceEnvironment.Socket], _ configuration: NodeConfiguration) throws(ConfigurationError) {
        for socket in sockets {
            let bound = try Self.listeningAddress(socket)
            switch socket.name {
            case "peer":
                try Self.add(socket, bound, to: &peers, configuration.listen, "transport.listen")
            case "client":
                try Self.add(socket, bound, to: &clients, configuration.clientsListen, "clients.listen")
            default:
                throw ConfigurationError(
                    "the service manager hands over socket \(bound) as “\(socket.name)”: its unit must say "
                        + "FileDescriptorName=peer or FileDescriptorName=client")
            }
            // What this process starts has no use for it.
            _ = fcntl(socket.descriptor, F_SETFD, FD_CLOEXEC)
        }
    }

    private static func add(
        _ socket: ServiceEnvironment.Socket, _ bound: RaftAddress, to sockets: inout [RaftAddress: Int32],
        _ configured: [String], _ key: String
    ) throws(ConfigurationError) {
        let address = try find(bound, configured, key)
        guard sockets[address] == nil else {
            throw ConfigurationError(
                key: key,
                "holds \(address) once, and the service manager listens there on several sockets, one of them at \(bound): "
                    + "name each by the number that it is bound to")
        }
        sockets[address] = socket.descriptor
    }

    private static func find(
        _ bound: RaftAddress, _ configured: [String], _ key: String
    ) throws(ConfigurationError) -> RaftAddress {
        for text in configured {
            guard let address = try? RaftAddress(text) else { continue }
            if isSame(bound, address) { return address }
        }
        throw ConfigurationError(
            key: key,
            "does not hold \(bound), where the service manager listens for this node: let both name one address, or mask "
                + "the socket's unit")
    }

    private static func isSame(_ bound: RaftAddress, _ configured: RaftAddress) -> Bool {
        if bound == configured { return true }
        switch (bound.kind, configured.kind) {
        // /var/run is /run.
        case (.path(let one), .path(let other)): return canonical(one) == canonical(other)
        case (.tcp(let host, let port), .tcp(let name, let other)):
            guard port == other else { return false }
            return name == "localhost" ? host == "127.0.0.1" || host == "::1" : host == numeric(name)
        default: return false
        }
    }

    private static func canonical(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// An IPv6 address has several spellings.
    private static func numeric(_ host: String) -> String {
        var bytes = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, host, &bytes) == 1 else { return host }
        return text(of: bytes, AF_INET6) ?? host
    }

    private static func text(of bytes: [UInt8], _ family: Int32) -> String? {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Where a socket listens, as the kernel says.
    private static func listeningAddress(
        _ socket: ServiceEnvironment.Socket
    ) throws(ConfigurationError) -> RaftAddress {
        func wrong(_ why: String) -> ConfigurationError {
            ConfigurationError("descriptor \(socket.descriptor), which the service manager hands over, \(why)")
        }
        guard option(SO_TYPE, of: socket.descriptor) == Int32(SOCK_STREAM.rawValue),
            option(SO_ACCEPTCONN, of: socket.descriptor) == 1
        else { throw wrong("is no listening stream socket: its unit must say ListenStream= and Accept=no") }
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket.descriptor, $0, &length) }
        }
        let bytes = withUnsafeBytes(of: storage) { [UInt8]($0.prefix(Int(length))) }
        guard result == 0, let found = address(storage.ss_family, bytes) else {
            throw wrong("is bound to no path, name or IP address")
        }
        return found
    }

    private static func address(_ family: sa_family_t, _ bytes: [UInt8]) -> RaftAddress? {
        func port() -> UInt16 { UInt16(bytes[2]) << 8 | UInt16(bytes[3]) }
        switch Int32(family) {
        case AF_UNIX where bytes.count > 3:
            let isAbstract = bytes[2] == 0
            let name = isAbstract ? bytes[3...] : bytes[2...].prefix { $0 != 0 }
            return try? RaftAddress((isAbstract ? "unix:@" : "unix:") + String(decoding: name, as: UTF8.self))
        case AF_INET where bytes.count >= 8:
            return text(of: [UInt8](bytes[4..<8]), AF_INET).flatMap { try? RaftAddress("tcp:\($0):\(port())") }
        case AF_INET6 where bytes.count >= 24:
            return text(of: [UInt8](bytes[8..<24]), AF_INET6).flatMap { try? RaftAddress("tcp:[\($0)]:\(port())") }
        default: return nil
        }
    }

    private static func option(_ name: Int32, of descriptor: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : nil
    }
}
