import Foundation
import Testing

@Suite("The relay between real nodes")
struct PeerRelayTests {
    @Test("A cut loses one direction, the other goes on, and healing closes what was torn")
    func cut() async throws {
        let listener = Path()
        let relayed = Path()
        let server = try UnixSocket.listen(at: listener.path)
        defer { close(server) }
        let relay = try PeerRelay([(2, relayed.path, listener.path)])
        defer { relay.stop() }

        // Strangers are sent away.
        let stranger = try #require(UnixSocket.connect(to: relayed.path))
        #expect(try await end(of: stranger) == [])
        close(stranger)

        relay.know(getpid(), as: 1)
        let near = try #require(UnixSocket.connect(to: relayed.path))
        defer { close(near) }
        let far = try await poll("the relay connects on", within: 5) { UnixSocket.accept(at: server) }
        defer { close(far) }
        try say([1, 2, 3], on: near)
        #expect(try await hear(3, on: far) == [1, 2, 3])

        relay.cut(from: 2, to: 1)
        try say([4], on: near)
        #expect(try await hear(1, on: far) == [4])

        relay.cut(from: 1, to: 2)
        try say([UInt8](repeating: 5, count: 1000), on: near)
        _ = try await poll("the bytes are lost", within: 5) { relay.lostBytes == 1000 ? true : nil }
        // What the listening end says on this connection is a greeting, which no cut concerns.
        try say([6], on: far)
        #expect(try await hear(1, on: near) == [6])

        relay.heal()
        #expect(try await end(of: near) == [])
        #expect(try await end(of: far) == [])
    }

    @Test("What was said before the end of a connection arrives, and so does the end")
    func ending() async throws {
        let listener = Path()
        let relayed = Path()
        let server = try UnixSocket.listen(at: listener.path)
        defer { close(server) }
        let relay = try PeerRelay([(2, relayed.path, listener.path)])
        defer { relay.stop() }
        relay.know(getpid(), as: 1)
        let near = try #require(UnixSocket.connect(to: relayed.path))
        let far = try await poll("the relay connects on", within: 5) { UnixSocket.accept(at: server) }
        defer { close(far) }
        let much = [UInt8](repeating: 7, count: 60_000)
        try say(much, on: near)
        close(near)
        #expect(try await end(of: far) == much)
    }

    /// A socket's place, removed with the value.
    private final class Path {
        let path = NSTemporaryDirectory() + "relay-\(UInt32.random(in: 0 ... .max)).sock"
        deinit { unlink(path) }
    }

    private func say(_ bytes: [UInt8], on descriptor: Int32) throws {
        try #require(send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count)
    }

    private func hear(_ count: Int, on descriptor: Int32) async throws -> [UInt8] {
        var heard: [UInt8] = []
        return try await poll("\(count) bytes arrive", within: 5) {
            var chunk = [UInt8](repeating: 0, count: count - heard.count)
            let got = read(descriptor, &chunk, chunk.count)
            if got > 0 { heard += chunk[..<got] }
            return heard.count == count ? heard : nil
        }
    }

    /// Everything up to the end of the connection.
    private func end(of descriptor: Int32) async throws -> [UInt8] {
        var heard: [UInt8] = []
        return try await poll("the connection ends", within: 5) {
            var chunk = [UInt8](repeating: 0, count: 4096)
            while true {
                let got = read(descriptor, &chunk, chunk.count)
                if got > 0 { heard += chunk[..<got] } else { return got == 0 || errno != EAGAIN ? heard : nil }
            }
        }
    }
}
