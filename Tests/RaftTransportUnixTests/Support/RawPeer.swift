import Glibc
import NIOCore
import RaftCore
import RaftMembership

@testable import RaftTransportUnix

/// A socket that says what a test wants it to say: a stranger, a broken peer, or one that has stopped reading.
final class RawPeer {
    private var descriptor: CInt
    private var decoder = FrameDecoder(maximumLength: 16 << 20)

    /// Connects to a Unix domain socket.
    init(to text: String) throws {
        let address = try RaftAddress(text)
        guard let target = UnixSocketAddress(address) else { throw TestFailure("\(text) is no Unix address") }
        descriptor = try target.connect()
        // From here on calls block, within bounds.
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { hangUp() }

    func hangUp() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    func write(_ append: (inout ByteBuffer) -> Void) {
        var buffer = ByteBuffer()
        append(&buffer)
        write(Array(buffer.readableBytesView))
    }

    /// The next frame; nil at the end of the stream or after the time limit.
    func readFrame() throws -> (kind: FrameKind, body: [UInt8])? {
        while true {
            if let frame = try decoder.next({ (kind: $0, body: Array($1)) }) { return frame }
            guard let bytes = read() else { return nil }
            decoder.append(ByteBuffer(bytes: bytes))
        }
    }

    func readEnvelope() throws -> Envelope? {
        guard let frame = try readFrame() else { return nil }
        guard frame.kind == .envelope else { throw TestFailure("a frame of kind \(frame.kind.rawValue) came") }
        return try frame.body.withUnsafeBytes { try MessageCodec.decode($0) }
    }

    /// Whether the other side closes, whatever it says before.
    func sawEnd() -> Bool {
        while let bytes = read() { if bytes.isEmpty { return true } }
        return isAtEnd
    }

    private(set) var isAtEnd = false

    private func read() -> [UInt8]? {
        var bytes: [UInt8] = Array(repeating: 0, count: 65536)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        // A reset is an end as well.
        if count == 0 || (count < 0 && errno == ECONNRESET) { isAtEnd = true }
        return count > 0 ? Array(bytes.prefix(count)) : nil
    }

    /// Greets as a member of the sample cluster and reads the answer.
    func greet(as member: Member, expecting node: NodeID, name: String = "demo", cluster: ClusterID? = .sample)
        throws -> Hello?
    {
        let identity = NodeIdentity(clusterName: name, cluster: cluster, member: member)
        write { FrameEncoder.append(Hello(identity: identity, expected: node), to: &$0) }
        guard let frame = try readFrame(), frame.kind == .hello else { return nil }
        return try frame.body.withUnsafeBytes { try Hello.decode($0) }
    }
}
