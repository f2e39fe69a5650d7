import Glibc
import NIOCore
import RaftCore
import RaftThreads
import Synchronization

/// Looks host names up, on a thread of its own: the C library may take many seconds. One name at a time.
///
/// Not NIO's own look-up, which would hand its late answer to a loop that may be gone by then.
final class HostResolver: Sendable {
    /// Started with the first name: a cluster of numbers and paths needs none.
    private let worker = Mutex<WorkerThread?>(nil)

    /// Calls `done` on the resolver's thread, with at least one address or the reason why there is none.
    func resolve(
        _ host: String, port: UInt16, done: @escaping @Sendable (Result<[SocketAddress], TransportError>) -> Void
    ) {
        let worker = worker.withLock { worker in
            let running = worker ?? WorkerThread(name: "raft-resolve")
            worker = running
            return running
        }
        worker.schedule { done(Result { () throws(TransportError) in try Self.lookUp(host, port: port) }) }
    }

    private static func lookUp(_ host: String, port: UInt16) throws(TransportError) -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else {
            throw TransportError("the name \(host) is unknown: \(String(cString: gai_strerror(code)))")
        }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = list
        while let entry = next {
            next = entry.pointee.ai_next
            var text: [CChar] = Array(repeating: 0, count: Int(NI_MAXHOST))
            let length = socklen_t(text.count)
            guard
                getnameinfo(entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, length, nil, 0, NI_NUMERICHOST) == 0
            else { continue }
            let number = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if let address = try? SocketAddress(ipAddress: number, port: Int(port)) { addresses.append(address) }
        }
        guard !addresses.isEmpty else { throw TransportError("the name \(host) has no address") }
        return addresses
    }
}
