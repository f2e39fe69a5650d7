import Glibc
import RaftCore

/// A connection made with the system's calls, so that nothing of this package is at both ends. Blocks, for some seconds at
/// most: what does not come by then does not come.
final class PlainSocket {
    private let descriptor: CInt

    init(_ address: RaftAddress) throws {
        switch address.kind {
        case .path(let path):
            descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
            var name = sockaddr_un()
            name.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: Array(path.utf8.prefix(107))) }
            try connect(&name)
        case .tcp(_, let port):
            descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = port.bigEndian
            name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            try connect(&name)
        case .abstract: throw TransportError("no test needs this")
        }
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    private func connect<Name>(_ name: inout Name) throws {
        let status = withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<Name>.size))
            }
        }
        guard status == 0 else { throw TransportError("connect: \(String(cString: strerror(errno)))") }
    }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
    }

    /// Says that no more will come.
    func finish() { shutdown(descriptor, CInt(SHUT_WR)) }

    /// Everything that comes, to the end; nil when that does not come.
    func readAll() -> String? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            if count < 0 {
                if errno == EINTR { continue }
                return errno == ECONNRESET && !bytes.isEmpty ? String(decoding: bytes, as: UTF8.self) : nil
            }
            bytes += buffer[..<count]
        }
    }

    /// One request, and all of the answer: its head and its body.
    static func ask(
        _ request: String, at address: RaftAddress, finishing: Bool = false
    ) throws -> (head: String, body: String)? {
        let connection = try PlainSocket(address)
        connection.send(request)
        if finishing { connection.finish() }
        guard let answer = connection.readAll(), let end = answer.firstRange(of: "\r\n\r\n") else { return nil }
        return (String(answer[..<end.lowerBound]), String(answer[end.upperBound...]))
    }
}
