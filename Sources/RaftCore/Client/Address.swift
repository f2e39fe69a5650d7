/// Where a server or a client can be reached. A plain value: nothing is looked up or opened here.
///
/// | text | meaning |
/// |---|---|
/// | `unix:/run/raftd/1.sock` | a Unix domain socket at that path; a relative path counts from the working directory |
/// | `unix:@name` | an abstract Unix domain socket (Linux): a name without a file, bound with its exact length |
/// | `tcp:127.0.0.1:7101` | TCP over IPv4, or to a host name |
/// | `tcp:[::1]:7101` | TCP over IPv6 |
///
/// `memory:NAME` belongs to the in-process transport and is no address for sockets.
public struct RaftAddress: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case path(String)
        case abstract(String)
        case tcp(host: String, port: UInt16)
    }

    package let kind: Kind

    /// What the kernel holds of a path or a name, without the zero at the end.
    public static let maximumPathBytes = 107

    private init(kind: Kind) { self.kind = kind }

    /// Reads an address as people write it.
    /// - Throws: `TransportError`, one line that names the address and what would be right.
    public init(_ text: String) throws(TransportError) {
        func wrong(_ why: String) -> TransportError { TransportError("address “\(text)” \(why)") }
        if text.hasPrefix("unix:") {
            let rest = text.dropFirst("unix:".count)
            let isAbstract = rest.hasPrefix("@")
            let name = String(isAbstract ? rest.dropFirst() : rest)
            guard !name.isEmpty else { throw wrong("names no path: write unix:/path or unix:@name") }
            guard !name.utf8.contains(0) else { throw wrong("contains a zero byte") }
            guard name.utf8.count <= Self.maximumPathBytes else {
                throw wrong(
                    "is \(name.utf8.count) bytes long and the kernel allows \(Self.maximumPathBytes): use a shorter path"
                )
            }
            kind = isAbstract ? .abstract(name) : .path(name)
        } else if text.hasPrefix("tcp:") {
            let rest = text.dropFirst("tcp:".count)
            guard let colon = rest.lastIndex(of: ":") else { throw wrong("has no port: write tcp:HOST:PORT") }
            let digits = rest[rest.index(after: colon)...]
            guard digits.utf8.allSatisfy({ (48...57).contains($0) }), let port = UInt16(digits) else {
                throw wrong("has no port from 0 to 65535 after the last colon: write tcp:HOST:PORT")
            }
            var host = rest[..<colon]
            if host.hasPrefix("["), host.hasSuffix("]") {
                host = host.dropFirst().dropLast()
                guard host.contains(":"), host.utf8.allSatisfy(Self.isInIPv6) else {
                    throw wrong("has no IPv6 address between the brackets")
                }
            } else {
                guard !host.contains(":") else { throw wrong("is ambiguous: write tcp:[IPV6-ADDRESS]:PORT") }
                guard !host.isEmpty else {
                    throw wrong("has no host: write tcp:127.0.0.1:\(port) or tcp:0.0.0.0:\(port)")
                }
                guard host.utf8.allSatisfy(Self.isInHost) else {
                    throw wrong("has a host that is no name and no number")
                }
            }
            kind = .tcp(host: String(host), port: port)
        } else if text.hasPrefix("memory:") {
            throw wrong("is of the in-process transport: here write unix:/path or tcp:HOST:PORT")
        } else {
            throw wrong("does not begin with unix: or tcp:, as in unix:/run/raftd/1.sock or tcp:127.0.0.1:7101")
        }
    }

    /// `tcp:HOST:PORT` with this port; other kinds have none and stay as they are.
    package func with(port: UInt16) -> RaftAddress {
        guard case .tcp(let host, _) = kind else { return self }
        return RaftAddress(kind: .tcp(host: host, port: port))
    }

    private static func isInHost(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func isInIPv6(_ byte: UInt8) -> Bool {
        // A zone such as %eth0 is part of a link-local address.
        isInHost(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "%")
    }
}

extension RaftAddress: CustomStringConvertible {
    /// The text that reads back as this address.
    public var description: String {
        switch kind {
        case .path(let path): "unix:\(path)"
        case .abstract(let name): "unix:@\(name)"
        case .tcp(let host, let port): host.contains(":") ? "tcp:[\(host)]:\(port)" : "tcp:\(host):\(port)"
        }
    }
}
