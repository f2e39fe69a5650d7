import RaftCore
import RaftMembership
import RaftTracing
import Testing

@testable import RaftTransportUnix

/// Rule M10: no connection is kept to whom the receiver objects, and both sides say why.
@Suite("A member that was seen further on is refused (M10)")
struct AmnesiaTests {
    static let now = NodeLife(startCounter: 4, nonce: 11, term: 6)

    @Test("Each side is told the other's life before anything else")
    func lives() async throws {
        let directory = try TemporaryDirectory()
        let one = try await TestNode.start(1, on: directory.socket("one"))
        let two = try TestNode(
            2, listeningOn: [directory.socket("two")], options: UnixTransportOptions())
        two.recorder.set(life: Self.now)
        try await two.transport.start(identity: two.identity(), receiver: two.recorder)
        two.meet([1: directory.socket("one")])
        #expect(await two.isConnected(to: one))
        #expect(await eventually { one.recorder.greeted.contains(Self.now) })
        #expect(two.recorder.greeted == [.unknown])
        await one.stop()
        await two.stop()
    }

    @Test("Who is objected to is refused by the one who is dialled, hears why, and is not listened to")
    func refusedByDialled() async throws {
        let directory = try TemporaryDirectory()
        let one = try await TestNode.start(1, on: directory.socket("one"))
        one.recorder.object(to: 2, "it was seen at start 9")
        let two = try await TestNode.start(2, on: directory.socket("two"), peers: [1: directory.socket("one")])
        #expect(await eventually { two.recorder.refusals.first == "it was seen at start 9" })
        #expect(one.messages(of: .peerAmnesiac) == ["a connection was refused: it was seen at start 9"])
        #expect(one.recorder.connected.isEmpty && two.recorder.connected.isEmpty)
        await one.stop()
        await two.stop()
    }

    @Test("Who is objected to is refused by the one who dials, hears why, and is not listened to")
    func refusedByDialler() async throws {
        let directory = try TemporaryDirectory()
        let two = try await TestNode.start(2, on: directory.socket("two"))
        let one = try TestNode(1, listeningOn: [directory.socket("one")], options: UnixTransportOptions())
        one.recorder.object(to: 2, "it was seen at start 9")
        try await one.transport.start(identity: one.identity(), receiver: one.recorder)
        one.meet([2: directory.socket("two")])
        #expect(await eventually { two.recorder.refusals.first == "it was seen at start 9" })
        #expect(one.messages(of: .peerAmnesiac).count == 1)
        #expect(one.recorder.connected.isEmpty)
        // The way back that the greeting opened leads nowhere.
        try await two.send([Samples.heartbeat(from: two.member, to: one.member)])
        #expect(await eventually { two.recorder.present.isEmpty })
        #expect(one.recorder.envelopes.isEmpty)
        await one.stop()
        await two.stop()
    }

    @Test(
        "On a proven connection nothing but that refusal is taken from who dialled, and nothing of it from who is dialled"
    )
    func hostile() async throws {
        let directory = try TemporaryDirectory()
        let one = try await TestNode.start(1, on: directory.socket("one"))
        let stranger = Member(id: 9, incarnation: 4)
        for code in [Refusal.Code.late, .amnesiac] {
            let peer = try RawPeer(to: directory.socket("one"))
            _ = try #require(try peer.greet(as: stranger, expecting: 1))
            peer.write { FrameEncoder.append(Refusal(code, "no \(code.rawValue)", node: 9), to: &$0) }
            #expect(peer.sawEnd())
        }
        #expect(one.recorder.refusals == ["no 8"])
        #expect(one.messages(of: .frameRefused).count == 1)
        await one.stop()
    }
}
