import RaftCore
import RaftMembership
import RaftTracing
import Testing

@testable import RaftTransportUnix

@Suite("Connections come back by themselves")
struct ReconnectTests {
    @Test("A peer that starts late, stops and starts again is found each time", arguments: ["unix", "tcp"])
    func restart(kind: String) async throws {
        let directory = try TemporaryDirectory()
        let one = try await TestNode.start(1, on: kind == "tcp" ? "tcp:127.0.0.1:0" : directory.socket("one"))
        // A port that is surely free now, and the same each time.
        let probe = try await TestNode.start(2, on: kind == "tcp" ? "tcp:127.0.0.1:0" : directory.socket("two"))
        let address = try #require(probe.transport.listeningAddresses.first).description
        await probe.stop()
        one.meet([2: address])
        #expect(await eventually { !one.messages(of: .peerDisconnected).isEmpty })
        for life in 1...3 as ClosedRange<UInt64> {
            let two = try await TestNode.start(2, incarnation: Incarnation(life), on: address)
            #expect(await one.isConnected(to: two))
            try await one.send([Samples.heartbeat(from: one.member, to: two.member, round: life)])
            #expect(await eventually { two.recorder.envelopes.compactMap(Samples.number(of:)) == [life] })
            await two.stop()
            #expect(await eventually { one.recorder.disconnected.count == Int(life) })
        }
        // A failure that repeats with each attempt is said once for each time that the peer went away.
        #expect(one.messages(of: .peerDisconnected).count { $0.contains("cannot be reached") } <= 8)
        await one.stop()
    }

    @Test("A peer that dials us is dialled at once, however long the pause has become")
    func signOfLife() async throws {
        let directory = try TemporaryDirectory()
        var options = UnixTransportOptions()
        options.shortestPause = .seconds(3600)
        options.longestPause = .seconds(3600)
        let one = try await TestNode.start(1, on: directory.socket("one"), options: options)
        one.meet([2: directory.socket("two")])
        #expect(await eventually { !one.messages(of: .peerDisconnected).isEmpty })
        let two = try await TestNode.start(2, on: directory.socket("two"), peers: [1: directory.socket("one")])
        #expect(await one.isConnected(to: two))
        #expect(await eventually { one.messages(of: .peerConnected).contains { $0.hasPrefix("connected to node 2") } })
        await one.stop()
        await two.stop()
    }

    @Test("When a node joins a cluster its connections are made anew and then carry everything")
    func identity() async throws {
        let directory = try TemporaryDirectory()
        let one = try await TestNode.start(1, on: directory.socket("one"), cluster: nil)
        let two = try await TestNode.start(2, on: directory.socket("two"), cluster: nil)
        one.meet([2: directory.socket("two")])
        two.meet([1: directory.socket("one")])
        #expect(await one.isConnected(to: two))
        #expect(await two.isConnected(to: one))
        // The last word under the old identity is still heard.
        let last = Samples.query(from: one.member, to: two.member)
        try await one.onLoop { transport in
            transport.send(last)
            transport.updateIdentity(one.identity(cluster: .sample))
        }
        #expect(await eventually { two.recorder.envelopes == [last] })
        #expect(await eventually { one.recorder.disconnected == [2] && one.recorder.connected.count == 2 })
        two.transport.updateIdentity(two.identity(cluster: .sample))
        // Whatever is sent while connections change may be lost: it is sent again until it arrives.
        #expect(
            try await eventually {
                try await one.send([Samples.heartbeat(from: one.member, to: two.member)])
                try await two.send([Samples.heartbeat(from: two.member, to: one.member)])
                return two.recorder.envelopes.count > 1 && one.recorder.envelopes.count > 0
            })
        #expect(await eventually { one.recorder.present == [2] && two.recorder.present == [1] })
        await one.stop()
        await two.stop()
    }

    @Test("A peer that moves is dialled where it is now, and one that is removed no more")
    func moving() async throws {
        let directory = try TemporaryDirectory()
        let one = try await TestNode.start(1, on: directory.socket("one"))
        let two = try await TestNode.start(2, on: directory.socket("old"), directory.socket("new"))
        one.meet([2: directory.socket("old")])
        #expect(await one.isConnected(to: two))
        one.meet([2: directory.socket("new")])
        #expect(
            await eventually {
                one.messages(of: .peerConnected).contains("connected to node 2 at \(directory.socket("new"))")
            })
        one.meet([:])
        #expect(await eventually { one.recorder.present.isEmpty && two.recorder.present.isEmpty })
        await one.stop()
        await two.stop()
    }

    @Test("The second address is tried when the first one leads nowhere")
    func addresses() async throws {
        let directory = try TemporaryDirectory()
        let two = try await TestNode.start(2, on: directory.socket("two"))
        let one = try await TestNode.start(1, on: directory.socket("one"))
        one.transport.updatePeers([Peer(id: 2, addresses: [directory.socket("nowhere"), directory.socket("two")])])
        #expect(await one.isConnected(to: two))
        await one.stop()
        await two.stop()
    }

    @Test("A name is looked up, and all of its addresses are tried; one that is unknown is said to be")
    func names() async throws {
        let directory = try TemporaryDirectory()
        let two = try await TestNode.start(2, on: "tcp:127.0.0.1:0")
        let one = try await TestNode.start(1, on: directory.socket("one"))
        let address = try #require(two.transport.listeningAddresses.first).description
        one.meet([2: "tcp:localhost:\(address.split(separator: ":").last ?? "")"])
        #expect(await one.isConnected(to: two))
        await one.stop()
        await two.stop()
        var options = UnixTransportOptions()
        options.allowInsecureTCP = true
        let three = try await TestNode.start(3, on: directory.socket("three"), options: options)
        three.meet([4: "tcp:name-.invalid:7101"])
        #expect(
            await eventually {
                three.messages(of: .peerDisconnected).contains { $0.contains("the name name-.invalid is unknown") }
            })
        await three.stop()
    }

    @Test("Pauses double up to the limit, spread over their upper half")
    func backoff() {
        var backoff = Backoff(shortest: 20, longest: 100)
        #expect([0, 0, 0, 0, 0].map { backoff.next(random: $0) } == [10, 20, 40, 50, 50])
        backoff.reset()
        #expect([10, 20, 40, 50, 50].map { backoff.next(random: $0) } == [20, 40, 80, 100, 100])
        var fine = Backoff(shortest: 0, longest: 0)
        #expect(fine.next(random: .max) <= 1)
    }

    @Test("Shutting down twice, or before starting, is no matter")
    func shutdown() async throws {
        let directory = try TemporaryDirectory()
        let one = try TestNode(1, listeningOn: [directory.socket()], options: UnixTransportOptions())
        one.meet([2: directory.socket("two")])
        await one.transport.shutdown()
        await one.stop()
        await one.stop()
        await one.transport.shutdown()
    }
}
