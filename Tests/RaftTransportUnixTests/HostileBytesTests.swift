import Dispatch
import NIOCore
import RaftCore
import RaftMembership
import RaftTracing
import Testing

@testable import RaftTransportUnix

@Suite("Bytes that are no frames harm nobody (N2)")
struct HostileBytesTests {
    struct Attack: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var bytes: [UInt8]
        /// What the trace says.
        var reason: String
    }

    static let attacks: [Attack] = [
        Attack(
            testDescription: "another protocol", bytes: Array("GET / HTTP/1.1\r\n\r\n".utf8),
            reason: "a frame announces 542393671 bytes and 4096 are allowed"),
        Attack(
            testDescription: "a length of 1 GiB", bytes: [0, 0, 0, 0x40],
            reason: "a frame announces 1073741824 bytes and 4096 are allowed"),
        Attack(
            testDescription: "a length of nothing", bytes: [0, 0, 0, 0],
            reason: "a frame announces 0 bytes, fewer than its own head"),
        Attack(
            testDescription: "a wrong checksum", bytes: [5, 0, 0, 0, 1, 2, 3, 4, 1],
            reason: "the checksum of a frame does not match its bytes"),
        Attack(
            testDescription: "an envelope before the greeting", bytes: frame(.envelope, [1, 2, 3]),
            reason: "a frame of kind 3 has no place here"),
        Attack(
            testDescription: "a refusal from the one who dialled",
            bytes: frame(.refusal, Refusal(.late, "no").encode()),
            reason: "a frame of kind 2 has no place here"),
        Attack(
            testDescription: "a greeting cut short", bytes: frame(.hello, [UInt8]("SRFT".utf8) + [1, 0, 9]),
            reason: "its greeting ends early at byte 6"),
        Attack(
            testDescription: "a greeting of another magic", bytes: frame(.hello, [UInt8]("HTTP".utf8) + [1, 0]),
            reason: "its greeting does not begin with SRFT"),
    ]

    static func frame(_ kind: FrameKind, _ body: [UInt8]) -> [UInt8] {
        var buffer = ByteBuffer()
        FrameEncoder.append(kind, body, to: &buffer)
        return Array(buffer.readableBytesView)
    }

    @Test("A stranger's bytes close its connection with a reason, and others go on", arguments: attacks)
    func stranger(attack: Attack) async throws {
        let directory = try TemporaryDirectory()
        let one = try await TestNode.start(1, on: directory.socket("one"))
        let honest = try RawPeer(to: directory.socket("one"))
        let member = Member(id: 9, incarnation: 4)
        _ = try #require(try honest.greet(as: member, expecting: 1))
        let peer = try RawPeer(to: directory.socket("one"))
        peer.write(attack.bytes)
        #expect(peer.sawEnd())
        let events = one.sink.events.filter { $0.level >= .warning }
        #expect(events.count == 1)
        #expect(try #require(events.first).message.contains(attack.reason))
        let good = Samples.heartbeat(from: member, to: one.member)
        sendRaw([good], by: honest)
        #expect(await eventually { one.recorder.envelopes == [good] })
        await one.stop()
    }

    @Test(
        "Who greets, says more and is gone before the answer ends nothing but its connection", arguments: [1, 20, 200])
    func greetsAndGoes(kilobytes: Int) async throws {
        let directory = try TemporaryDirectory()
        let one = try await TestNode.start(1, on: directory.socket("one"))
        let member = Member(id: 9, incarnation: 4)
        let identity = NodeIdentity(clusterName: "demo", cluster: .sample, member: member)
        var buffer = ByteBuffer()
        FrameEncoder.append(Hello(identity: identity, expected: 1), to: &buffer)
        let bytes = Array(buffer.readableBytesView) + [UInt8](repeating: 0xFF, count: kilobytes << 10)
        for _ in 0..<20 {
            // Nothing is read while the loop stands still, so that all of it is there at once, and the end as well.
            let gate = DispatchSemaphore(value: 0)
            one.environment.eventLoop.execute { gate.wait() }
            let peer = try RawPeer(to: directory.socket("one"))
            peer.write(bytes)
            peer.hangUp()
            gate.signal()
        }
        let honest = try RawPeer(to: directory.socket("one"))
        _ = try #require(try honest.greet(as: member, expecting: 1))
        await one.stop()
    }

    @Test("A member's damaged frame closes its connection; what came before it counts")
    func member() async throws {
        let directory = try TemporaryDirectory()
        let one = try await TestNode.start(1, on: directory.socket("one"))
        let member = Member(id: 9, incarnation: 4)
        let peer = try RawPeer(to: directory.socket("one"))
        _ = try #require(try peer.greet(as: member, expecting: 1))
        let good = Samples.heartbeat(from: member, to: one.member)
        sendRaw([good], by: peer)
        peer.write([0, 0, 0, 0x40, 1, 2, 3])
        #expect(peer.sawEnd())
        #expect(one.recorder.envelopes == [good])
        #expect(await eventually { one.recorder.disconnected == [9] })
        let message = try #require(one.messages(of: .frameRefused).first)
        #expect(message.contains("from node 9") && message.contains("announces 1073741824 bytes"))
        await one.stop()
    }

    @Test("Half a frame and then the end is only an end")
    func half() async throws {
        let directory = try TemporaryDirectory()
        let one = try await TestNode.start(1, on: directory.socket("one"))
        let member = Member(id: 9, incarnation: 4)
        do {
            let peer = try RawPeer(to: directory.socket("one"))
            _ = try #require(try peer.greet(as: member, expecting: 1))
            let whole = Self.frame(.envelope, Array(repeating: 7, count: 1000))
            peer.write(Array(whole.prefix(500)))
        }
        #expect(await eventually { one.recorder.disconnected == [9] })
        #expect(one.sink.events.allSatisfy { $0.level < .warning })
        await one.stop()
    }

    @Test("An entry of a later release fences, it does not close (L13); a stranger's does not (M9)")
    func future() async throws {
        let directory = try TemporaryDirectory()
        let one = try await TestNode.start(1, on: directory.socket("one"))
        let member = Member(id: 9, incarnation: 4)
        var buffer = ByteBuffer()
        FrameEncoder.append(Samples.entries(from: member, to: one.member, sequence: 1, size: 8), to: &buffer)
        // The body, with another version in the first byte of its one entry, which is 32 + 8 bytes long.
        var body = Array(buffer.readableBytesView.dropFirst(FrameLayout.headSize))
        body[body.count - 40] = 2
        let peer = try RawPeer(to: directory.socket("one"))
        _ = try #require(try peer.greet(as: member, expecting: 1))
        peer.write(Self.frame(.envelope, body))
        #expect(await eventually { one.recorder.future == [9] })
        let good = Samples.heartbeat(from: member, to: one.member)
        sendRaw([good], by: peer)
        #expect(await eventually { one.recorder.envelopes == [good] })

        let stranger = try RawPeer(to: directory.socket("one"))
        _ = try #require(try stranger.greet(as: Member(id: 8, incarnation: 4), expecting: 1, cluster: nil))
        stranger.write(Self.frame(.envelope, body))
        #expect(stranger.sawEnd())
        #expect(one.recorder.future == [9])
        await one.stop()
    }

    @Test("Random bytes, and frames with random damage, never get past the decoder or trap", arguments: 0..<20)
    func fuzz(round: UInt64) throws {
        let seed = 0x5EED_0000 + round
        var random = SplitMix(state: seed)
        let good = Self.frame(
            .envelope, Array(repeating: 0x5A, count: Int.random(in: 0...300, using: &random)))
        for _ in 0..<2_000 {
            var bytes: [UInt8]
            let isDamaged: Bool
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                bytes = (0..<Int.random(in: 0..<200, using: &random)).map { _ in .random(in: 0...255, using: &random) }
                isDamaged = true
            case 1:
                bytes = good + good
                bytes[Int.random(in: 0..<good.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                isDamaged = true
            default:
                bytes = good + good
                isDamaged = false
            }
            var decoder = FrameDecoder(maximumLength: 4096)
            var count = 0
            do {
                var rest = bytes[...]
                while !rest.isEmpty {
                    let piece = rest.prefix(Int.random(in: 1...64, using: &random))
                    rest = rest.dropFirst(piece.count)
                    decoder.append(ByteBuffer(bytes: piece))
                    while try decoder.next({ $1.count }) != nil { count += 1 }
                }
            } catch {
                #expect(isDamaged, "seed \(seed): \(error)")
            }
            #expect(isDamaged ? count == 0 : count == 2, "seed \(seed): \(count) frames of \(bytes)")
        }
    }

    @Test("Random damage to a body is an error or another message, never a trap (V15)", arguments: 0..<20)
    func bodies(round: UInt64) throws {
        let seed = 0xB0D1_0000 + round
        var random = SplitMix(state: seed)
        let one = Member(id: 1, incarnation: 1)
        var bodies = [
            Samples.heartbeat(from: one, to: one), Samples.entries(from: one, to: one, sequence: 1, size: 40),
        ]
        .map { envelope in
            var buffer = ByteBuffer()
            FrameEncoder.append(envelope, to: &buffer)
            return Array(buffer.readableBytesView.dropFirst(FrameLayout.headSize))
        }
        let identity = NodeIdentity(clusterName: "demo", cluster: .sample, member: one, clientAddresses: ["unix:a"])
        bodies.append(Hello(identity: identity, expected: 2).encode())
        bodies.append(Refusal(.late, "no", node: 3).encode())
        for _ in 0..<5_000 {
            var body = bodies.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                body[Int.random(in: 0..<body.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) { body.removeLast(Int.random(in: 0...body.count, using: &random)) }
            body.withUnsafeBytes { bytes in
                _ = try? MessageCodec.decode(bytes)
                _ = try? Hello.decode(bytes)
                _ = try? Refusal.decode(bytes)
            }
        }
    }
}

/// A small generator for tests that are replayed from a seed.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
