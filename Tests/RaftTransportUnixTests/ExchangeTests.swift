import RaftCore
import RaftMembership
import RaftTracing
import RaftTransportUnix
import Testing

@Suite("Two transports exchange envelopes")
struct ExchangeTests {
    @Test(
        "An envelope of every kind of address arrives as it was sent", arguments: ["path", "abstract", "IPv4", "IPv6"])
    func exchange(kind: String) async throws {
        let directory = try TemporaryDirectory()
        let unique = directory.path.split(separator: "/").last ?? ""
        let listen: (String) -> String = { name in
            switch kind {
            case "path": directory.socket(name)
            case "abstract": "unix:@\(unique)-\(name)"
            case "IPv4": "tcp:127.0.0.1:0"
            default: "tcp:[::1]:0"
            }
        }
        let one = try await TestNode.start(1, on: listen("one"))
        let two = try await TestNode.start(2, on: listen("two"))
        one.meet([2: try #require(two.transport.listeningAddresses.first).description])
        two.meet([1: try #require(one.transport.listeningAddresses.first).description])
        #expect(await one.isConnected(to: two))
        #expect(await two.isConnected(to: one))
        let there = [
            Samples.heartbeat(from: one.member, to: two.member),
            Samples.entries(from: one.member, to: two.member, sequence: 1, size: 900_000),
        ]
        let back = Samples.heartbeat(from: two.member, to: one.member, round: 2)
        try await one.send(there)
        try await two.send([back])
        #expect(await eventually { two.recorder.envelopes.count == 2 && one.recorder.envelopes.count == 1 })
        #expect(two.recorder.envelopes == there)
        #expect(one.recorder.envelopes == [back])
        #expect(one.recorder.connected == [.init(member: two.member, clientAddresses: ["unix:client.2"])])
        await one.stop()
        await two.stop()
        #expect(directory.contents.isEmpty, "socket and lock files are gone after a shutdown")
    }

    @Test("Ten thousand envelopes of a burst arrive in order, or are counted as dropped")
    func burst() async throws {
        let directory = try TemporaryDirectory()
        let one = try await TestNode.start(1, on: directory.socket("one"))
        let two = try await TestNode.start(2, on: directory.socket("two"))
        one.meet([2: directory.socket("two")])
        #expect(await one.isConnected(to: two))
        let burst = (1...10_000).map { Samples.heartbeat(from: one.member, to: two.member, round: UInt64($0)) }
        try await one.send(burst)
        #expect(
            await eventually {
                two.transport.statistics.received + one.transport.statistics.dropped == burst.count
            })
        let rounds = two.recorder.envelopes.compactMap(Samples.number(of:))
        #expect(rounds == rounds.sorted() && Set(rounds).count == rounds.count)
        #expect(one.transport.statistics.dropped == 0, "4 MiB are enough for this burst")
        #expect(one.transport.statistics.writes < 100, "frames of one drain go out together")
        await one.stop()
        await two.stop()
    }

    @Test("Bytes and connections are counted at both ends")
    func counts() async throws {
        let directory = try TemporaryDirectory()
        let one = try await TestNode.start(1, on: directory.socket("one"))
        let two = try await TestNode.start(2, on: directory.socket("two"))
        one.meet([2: directory.socket("two")])
        #expect(await one.isConnected(to: two))
        #expect(one.transport.counts?.connections == 1 && two.transport.counts?.connections == 1)
        let greeting = one.transport.statistics.sentBytes
        try await one.send([Samples.entries(from: one.member, to: two.member, sequence: 1, size: 1000)])
        #expect(await eventually { two.transport.statistics.received == 1 })
        let sent = one.transport.statistics.sentBytes
        #expect(greeting > 0 && sent > greeting + 1000)
        #expect(two.transport.statistics.receivedBytes == sent)
        #expect(one.transport.statistics.receivedBytes == two.transport.statistics.sentBytes)
        await one.stop()
        #expect(await eventually { two.transport.statistics.connections == 0 })
        #expect(one.transport.statistics.connections == 0)
        await two.stop()
    }

    @Test("A burst above the bound of the queue is cut and counted, not kept (P5)")
    func boundedQueue() async throws {
        let directory = try TemporaryDirectory()
        var options = UnixTransportOptions()
        options.urgentQueueBytes = 64 << 10
        options.queueBytes = 256 << 10
        let one = try await TestNode.start(1, on: directory.socket("one"), options: options)
        let two = try await TestNode.start(2, on: directory.socket("two"))
        one.meet([2: directory.socket("two")])
        #expect(await one.isConnected(to: two))
        try await one.send(
            (1...1000).flatMap { number in
                [
                    Samples.heartbeat(from: one.member, to: two.member, round: number),
                    Samples.entries(from: one.member, to: two.member, sequence: number, size: 1000),
                ]
            })
        #expect(
            await eventually { two.transport.statistics.received + one.transport.statistics.dropped == 2000 })
        #expect(one.transport.statistics.dropped > 1000)
        #expect(two.transport.statistics.received > 400)
        await one.stop()
        await two.stop()
    }

    @Test("Urgent envelopes of a flush go before bulk ones, and each lane keeps its order (P6)")
    func lanes() async throws {
        let directory = try TemporaryDirectory()
        let one = try await TestNode.start(1, on: directory.socket("one"))
        let two = try await TestNode.start(2, on: directory.socket("two"))
        one.meet([2: directory.socket("two")])
        #expect(await one.isConnected(to: two))
        try await one.send(
            (1...20).flatMap { number in
                [
                    Samples.entries(from: one.member, to: two.member, sequence: number, size: 100),
                    Samples.heartbeat(from: one.member, to: two.member, round: number),
                ]
            })
        #expect(await eventually { two.recorder.envelopes.count == 40 })
        let envelopes = two.recorder.envelopes
        #expect(envelopes.prefix(20).allSatisfy { $0.isUrgent })
        #expect(envelopes.compactMap(Samples.number(of:)) == Array(1...20) + Array(1...20))
        #expect(one.transport.statistics.writes == 1)
        await one.stop()
        await two.stop()
    }

    @Test("A heartbeat overtakes megabytes of entries that a slow peer has not read yet (P6)")
    func overtaking() async throws {
        let directory = try TemporaryDirectory()
        var options = UnixTransportOptions()
        options.writeBytes = 256 << 10
        let one = try await TestNode.start(1, on: directory.socket("one"), options: options)
        let stranger = Member(id: 9, incarnation: 4)
        let peer = try RawPeer(to: directory.socket("one"))
        _ = try #require(try peer.greet(as: stranger, expecting: 1))
        #expect(await eventually { one.recorder.connected.contains { $0.member == stranger } })
        try await one.send(
            (1...128).map { Samples.entries(from: one.member, to: stranger, sequence: $0, size: 64 << 10) })
        // The socket is full now and nobody reads.
        try await one.send([Samples.heartbeat(from: one.member, to: stranger, round: 1000)])
        var position = 0
        var found: Int?
        for _ in 0..<129 {
            let envelope = try #require(try peer.readEnvelope())
            if envelope.isUrgent { found = position }
            position += 1
        }
        #expect(try #require(found) < 32, "what the socket held, and no more, was before it")
        await one.stop()
    }

    @Test("A node that was told of nobody answers on the connection that the other made")
    func answering() async throws {
        let directory = try TemporaryDirectory()
        let one = try await TestNode.start(1, on: directory.socket("one"))
        let two = try await TestNode.start(2, on: directory.socket("two"))
        one.meet([2: directory.socket("two")])
        #expect(await two.isConnected(to: one))
        try await two.send([Samples.heartbeat(from: two.member, to: one.member)])
        #expect(await eventually { one.recorder.envelopes.count == 1 })
        await one.stop()
        #expect(await eventually { two.recorder.disconnected == [1] })
        await two.stop()
    }

    @Test("What is meant for another incarnation, or for nobody connected, is dropped")
    func dropping() async throws {
        let directory = try TemporaryDirectory()
        let one = try await TestNode.start(1, on: directory.socket("one"))
        let two = try await TestNode.start(2, incarnation: 5, on: directory.socket("two"))
        one.meet([2: directory.socket("two")])
        #expect(await one.isConnected(to: two))
        let unknown = Member(id: 2, incarnation: .unknown)
        try await one.send([
            Samples.heartbeat(from: one.member, to: Member(id: 2, incarnation: 4)),
            Samples.heartbeat(from: one.member, to: Member(id: 3, incarnation: 1)),
            Samples.heartbeat(from: one.member, to: unknown, round: 2),
        ])
        #expect(await eventually { two.recorder.envelopes.count == 1 })
        #expect(two.recorder.envelopes == [Samples.heartbeat(from: one.member, to: unknown, round: 2)])
        #expect(one.transport.statistics.dropped == 2)
        await one.stop()
        await two.stop()
    }

    @Test("A peer that speaks for another member, or to one, is not listened to (N1)")
    func speakingForOthers() async throws {
        let directory = try TemporaryDirectory()
        let one = try await TestNode.start(1, on: directory.socket("one"))
        let honest = Member(id: 9, incarnation: 4)
        let peer = try RawPeer(to: directory.socket("one"))
        _ = try #require(try peer.greet(as: honest, expecting: 1))
        let good = Samples.heartbeat(from: honest, to: one.member, round: 4)
        let wrong = [
            Samples.heartbeat(from: Member(id: 8, incarnation: 4), to: one.member, round: 1),
            Samples.heartbeat(from: Member(id: 9, incarnation: 3), to: one.member, round: 2),
            Samples.heartbeat(from: honest, to: Member(id: 1, incarnation: 2), round: 3),
        ]
        sendRaw(wrong + [good], by: peer)
        #expect(await eventually { one.recorder.envelopes == [good] })
        #expect(one.messages(of: .messageIgnored).count == 3)
        await one.stop()
    }
}
