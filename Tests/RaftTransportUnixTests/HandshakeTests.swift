import RaftCore
import RaftMembership
import RaftTracing
import Testing

@testable import RaftTransportUnix

@Suite("A connection proves who is at both ends before a message counts (N1)")
struct HandshakeTests {
    struct Mismatch: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var change: @Sendable (inout Hello) -> Void
        var code: Refusal.Code?
        var reason = ""
    }

    static let mismatches: [Mismatch] = [
        Mismatch(testDescription: "a member of the same cluster", change: { _ in }, code: nil),
        Mismatch(testDescription: "no cluster yet", change: { $0.identity.cluster = nil }, code: nil),
        Mismatch(
            testDescription: "another incarnation", change: { $0.identity.member.incarnation = 77 }, code: nil),
        Mismatch(
            testDescription: "another cluster's name", change: { $0.identity.clusterName = "prod" }, code: .clusterName,
            reason: "it belongs to the cluster “prod”, this node to “demo”"),
        Mismatch(
            testDescription: "another cluster's identity", change: { $0.identity.cluster = .other }, code: .clusterID,
            reason: "it belongs to the cluster with the identity 00000000000000010000000000000002, this node to "
                + "112233445566778899aabbccddeeff00 of the same name"),
        Mismatch(
            testDescription: "our own id", change: { $0.identity.member.id = 1 }, code: .sameNode,
            reason: "it carries the id 1 of this node"),
        Mismatch(
            testDescription: "another node expected", change: { $0.expected = 3 }, code: .wrongNode,
            reason: "it expects node 3, and this is node 1"),
    ]

    @Test("Who may talk", arguments: mismatches)
    func objection(mismatch: Mismatch) {
        let local = NodeIdentity(clusterName: "demo", cluster: .sample, member: Member(id: 1, incarnation: 5))
        var hello = Hello(
            identity: NodeIdentity(clusterName: "demo", cluster: .sample, member: Member(id: 2, incarnation: 6)),
            expected: 1)
        mismatch.change(&hello)
        let refusal = Handshake.objection(to: hello, local: local, dialled: nil)
        #expect(refusal?.code == mismatch.code)
        #expect(refusal?.reason ?? "" == mismatch.reason)
    }

    @Test("A dialler finds another node than it dialled")
    func wrongNode() {
        let local = NodeIdentity(clusterName: "demo", member: Member(id: 1, incarnation: 5))
        let hello = Hello(
            identity: NodeIdentity(clusterName: "demo", member: Member(id: 3, incarnation: 6)), expected: 1)
        let refusal = Handshake.objection(to: hello, local: local, dialled: 2)
        #expect(refusal?.reason == "expected node 2, found node 3")
    }

    @Test("Nodes of two clusters refuse each other, and both say so once", arguments: ["name", "identity"])
    func twoClusters(difference: String) async throws {
        let directory = try TemporaryDirectory()
        let one = try await TestNode.start(1, on: directory.socket("one"))
        let two = try await TestNode.start(
            2, on: directory.socket("two"), peers: [1: directory.socket("one")],
            name: difference == "name" ? "prod" : "demo", cluster: .other)
        // Two more attempts were made at least when a valid member has got through and been seen twice.
        #expect(await eventually { !two.messages(of: .peerRefused).isEmpty })
        #expect(await eventually { !one.messages(of: .peerRefused).isEmpty })
        let word = difference == "name" ? "“prod”" : "identity"
        #expect(one.messages(of: .peerRefused).allSatisfy { $0.contains(word) && $0.contains("was refused") })
        #expect(two.messages(of: .peerRefused).allSatisfy { $0.contains(word) && $0.contains("refused this node") })
        for _ in 0..<3 {
            let peer = try RawPeer(to: directory.socket("one"))
            let hello = try peer.greet(
                as: two.member, expecting: 1, name: difference == "name" ? "prod" : "demo", cluster: .other)
            #expect(hello == nil)
        }
        #expect(one.messages(of: .peerRefused).count == 1)
        #expect(two.messages(of: .peerRefused).count == 1)
        #expect(one.recorder.connected.isEmpty && two.recorder.connected.isEmpty)
        await one.stop()
        await two.stop()
    }

    @Test("An address that leads to another node is named with both")
    func misdirected() async throws {
        let directory = try TemporaryDirectory()
        let three = try await TestNode.start(3, on: directory.socket("three"))
        let one = try await TestNode.start(1, on: directory.socket("one"), peers: [2: directory.socket("three")])
        let expected = "expected node 2 at \(directory.socket("three")), found node 3"
        #expect(await eventually { one.messages(of: .peerRefused) == [expected] })
        #expect(one.recorder.connected.isEmpty)
        await one.stop()
        await three.stop()
    }

    @Test("A node that dials itself finds out")
    func itself() async throws {
        let directory = try TemporaryDirectory()
        let one = try await TestNode.start(1, on: directory.socket("one"), peers: [2: directory.socket("one")])
        #expect(
            await eventually {
                one.messages(of: .peerRefused).contains(
                    "expected node 2 at \(directory.socket("one")), found node 1")
            })
        await one.stop()
    }

    @Test("Another version is refused with a reason that both versions can read")
    func version() async throws {
        let directory = try TemporaryDirectory()
        let one = try await TestNode.start(1, on: directory.socket("one"))
        let peer = try RawPeer(to: directory.socket("one"))
        let hello = Hello(identity: one.identity(), expected: 1)
        var frame = hello.encode()
        frame[4] = 9
        peer.write { buffer in FrameEncoder.append(.hello, frame, to: &buffer) }
        let answer = try #require(try peer.readFrame())
        #expect(answer.kind == .refusal)
        let refusal = try answer.body.withUnsafeBytes { try Refusal.decode($0) }
        #expect(refusal.code == .version && refusal.node == 1)
        #expect(refusal.reason == "it speaks version 9 of the protocol, this node speaks 1")
        #expect(peer.sawEnd())
        await one.stop()
    }

    @Test("Who does not greet in time is let go")
    func slow() async throws {
        let directory = try TemporaryDirectory()
        var options = UnixTransportOptions()
        options.handshakeTimeout = .milliseconds(50)
        let one = try await TestNode.start(1, on: directory.socket("one"), options: options)
        let peer = try RawPeer(to: directory.socket("one"))
        let answer = try #require(try peer.readFrame())
        let refusal = try answer.body.withUnsafeBytes { try Refusal.decode($0) }
        #expect(refusal.code == .late)
        #expect(peer.sawEnd())
        await one.stop()
    }

    @Test("Without a common cluster identity formation messages pass and nothing else (M9)")
    func formation() async throws {
        let directory = try TemporaryDirectory()
        let one = try await TestNode.start(1, on: directory.socket("one"), cluster: .sample)
        let two = try await TestNode.start(2, on: directory.socket("two"), cluster: nil)
        one.meet([2: directory.socket("two")])
        #expect(await one.isConnected(to: two))
        #expect(await two.isConnected(to: one))
        let query = Samples.query(from: one.member, to: two.member)
        let answer = Samples.query(from: two.member, to: one.member, nonce: 8)
        try await one.send([Samples.heartbeat(from: one.member, to: two.member), query])
        try await two.send([Samples.heartbeat(from: two.member, to: one.member), answer])
        #expect(await eventually { two.recorder.envelopes.count == 1 && one.recorder.envelopes.count == 1 })
        #expect(two.recorder.envelopes == [query])
        #expect(one.recorder.envelopes == [answer])
        #expect(one.transport.statistics.dropped == 1 && two.transport.statistics.dropped == 1)
        // One that does not keep to it is not heard.
        let peer = try RawPeer(to: directory.socket("two"))
        let stranger = Member(id: 9, incarnation: 4)
        _ = try #require(try peer.greet(as: stranger, expecting: 2))
        let late = Samples.query(from: stranger, to: two.member, nonce: 9)
        sendRaw([Samples.heartbeat(from: stranger, to: two.member), late], by: peer)
        #expect(await eventually { two.recorder.envelopes == [query, late] })
        await one.stop()
        await two.stop()
    }

    @Test("More connections than allowed are turned away, and room is made when one goes")
    func tooMany() async throws {
        let directory = try TemporaryDirectory()
        var options = UnixTransportOptions()
        options.maximumConnections = 1
        let one = try await TestNode.start(1, on: directory.socket("one"), options: options)
        let stranger = Member(id: 9, incarnation: 4)
        do {
            let first = try RawPeer(to: directory.socket("one"))
            _ = try #require(try first.greet(as: stranger, expecting: 1))
            let second = try RawPeer(to: directory.socket("one"))
            #expect(second.sawEnd())
        }
        #expect(
            try await eventually {
                let third = try RawPeer(to: directory.socket("one"))
                return (try? third.greet(as: stranger, expecting: 1)) != nil
            })
        await one.stop()
    }
}
