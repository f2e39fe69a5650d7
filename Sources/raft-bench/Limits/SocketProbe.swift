import Glibc
import RaftThreads

/// What a request and its small answer cost over a stream socket between two threads.
struct SocketProbe: Sendable {
    /// Unix domain, or TCP over the loopback.
    let isTCP: Bool
    /// Of the request; the answer has 64.
    let bytes: Int

    /// How the threads wait.
    enum Way: Sendable {
        /// In `read`.
        case blocking
        /// In `poll`, as an event loop does before it reads.
        case polling
    }

    private static let answerBytes = 64

    /// - Returns: seconds for one round trip.
    func run(_ way: Way, seconds: Double) throws(BenchError) -> Double {
        let (client, server) = isTCP ? try Self.tcpPair() : try Self.unixPair()
        defer {
            close(client)
            close(server)
        }
        let request = bytes
        let near = End(socket: client, way: way)
        let far = End(socket: server, way: way)
        let seconds = ProbeThreads.pingPong(
            seconds: seconds,
            ask: { near.send(request) && near.receive(Self.answerBytes) },
            answer: { while far.receive(request), far.send(Self.answerBytes) {} },
            finish: { shutdown(client, Int32(SHUT_RDWR)) })
        guard let seconds else { throw BenchError("the socket probe made no round trip") }
        return seconds
    }

    /// One end of the connection; used by one thread.
    private struct End: Sendable {
        let socket: Int32
        let way: Way

        func send(_ count: Int) -> Bool {
            withUnsafeTemporaryAllocation(byteCount: min(count, 1 << 16), alignment: 8) { buffer in
                buffer.initializeMemory(as: UInt8.self, repeating: 1)
                var left = count
                while left > 0 {
                    let written = write(socket, buffer.baseAddress, min(left, buffer.count))
                    guard written > 0 else { return false }
                    left -= written
                }
                return true
            }
        }

        func receive(_ count: Int) -> Bool {
            withUnsafeTemporaryAllocation(byteCount: min(count, 1 << 16), alignment: 8) { buffer in
                var left = count
                while left > 0 {
                    if way == .polling {
                        var awaited = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
                        guard poll(&awaited, 1, -1) > 0 || errno == EINTR else { return false }
                    }
                    let taken = read(socket, buffer.baseAddress, min(left, buffer.count))
                    guard taken > 0 else { return false }
                    left -= taken
                }
                return true
            }
        }
    }

    private static func unixPair() throws(BenchError) -> (Int32, Int32) {
        var pair: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0 else {
            throw BenchError("no socket pair: \(String(cString: strerror(errno)))")
        }
        return (pair[0], pair[1])
    }

    private static func tcpPair() throws(BenchError) -> (Int32, Int32) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isConnected = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 1) == 0
                    && getsockname(listener, $0, &length) == 0 && connect(client, $0, length) == 0
            }
        }
        let server = isConnected ? accept(listener, nil, nil) : -1
        guard server >= 0 else {
            close(client)
            throw BenchError("no connection over the loopback: \(String(cString: strerror(errno)))")
        }
        for end in [client, server] {
            var one: Int32 = 1
            setsockopt(end, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        }
        return (client, server)
    }
}
