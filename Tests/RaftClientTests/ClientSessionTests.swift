import NIOCore
import NIOEmbedded
import RaftClient
import RaftCore
import RaftMembership
import RaftMetricsExport
import RaftTracing
import Testing

@testable import RaftNode

@Suite("A node serves a client connection")
struct ClientSessionTests {
    private func goodbye(_ messages: [ServerMessage]) -> Goodbye.Reason? {
        if case .goodbye(let goodbye) = messages.last { goodbye.reason } else { nil }
    }

    @Test("A hello is answered with who the node is")
    func hello() throws {
        let harness = SessionHarness()
        let channel = try harness.accept()
        try harness.send(ClientHello(maximumFrameLength: 1 << 20), on: channel)
        harness.loop.run()
        let expected = ServerHello(
            maximumFrameLength: ClientLimits().maximumFrameBytes, clusterName: "demo", node: 1, cluster: Samples.cluster
        )
        #expect(try harness.received(on: channel).messages == [.hello(expected)])
    }

    @Test("Requests of one read are handed over before anything is written, and their answers go out in one write")
    func batches() throws {
        let harness = SessionHarness(echo: true)
        let channel = try harness.greeted()
        try harness.send((0..<100).map { .propose([$0]) }, on: channel)
        #expect(try harness.received(on: channel).writes == 0)
        harness.loop.run()
        let (messages, writes) = try harness.received(on: channel)
        #expect(writes == 1)
        #expect(messages == (0..<100).map { .response(UInt64($0) + 1, ClientResponse(.output([$0], 1))) })
    }

    @Test("Answers go out in the order in which they come, whatever the order of the requests")
    func order() throws {
        let harness = SessionHarness()
        let channel = try harness.greeted()
        try harness.send([.propose([1]), .query([2]), .members], on: channel)
        harness.loop.run()
        #expect(
            try harness.received(on: channel).messages == [
                .response(2, ClientResponse(.bytes([2]))), .response(3, ClientResponse(.members(Samples.membership))),
            ])
        harness.service.answerNext(.success(([9], 7)))
        harness.loop.run()
        #expect(try harness.received(on: channel).messages == [.response(1, ClientResponse(.output([9], 7)))])
    }

    @Test("No more requests are taken than may be under way; the rest waits and is not lost")
    func inFlight() throws {
        var limits = ClientLimits()
        limits.maximumInFlight = 4
        let harness = SessionHarness(limits: limits)
        let channel = try harness.greeted()
        try harness.send((0..<10).map { .propose([$0]) }, on: channel)
        #expect(harness.service.waiting == [[0], [1], [2], [3]])
        harness.service.answerNext()
        harness.service.answerNext()
        harness.loop.run()
        #expect(harness.service.waiting == [[2], [3], [4], [5]])
        for _ in 0..<10 {
            harness.service.answerNext()
            harness.loop.run()
        }
        #expect(try harness.received(on: channel).messages.count == 10)
    }

    @Test("A length of 1 GiB ends the connection with a reason")
    func gigabyte() throws {
        let harness = SessionHarness()
        let channel = try harness.greeted()
        try channel.writeInbound(ByteBuffer(bytes: [0, 0, 0, 0x40]))
        #expect(goodbye(try harness.received(on: channel).messages) == .tooLong)
        // Whatever comes afterwards is thrown away, until the client closes or a second is over.
        try harness.send([.propose([1])], on: channel)
        #expect(harness.service.waiting.isEmpty)
        harness.loop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
        #expect(harness.sink.events.contains { $0.kind == .clientRefused })
    }

    @Test("Before the hello a frame may be no larger than a handshake")
    func largeHandshake() throws {
        let harness = SessionHarness()
        let channel = try harness.accept()
        try channel.writeInbound(ByteBuffer(bytes: [0, 0x20, 0, 0]))
        #expect(goodbye(try harness.received(on: channel).messages) == .tooLong)
    }

    @Test("Garbage ends the connection with a reason")
    func garbage() throws {
        let harness = SessionHarness()
        let channel = try harness.accept()
        try channel.writeInbound(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
        #expect(goodbye(try harness.received(on: channel).messages) != nil)
        let second = try harness.accept()
        try channel.writeInbound(ByteBuffer())
        try second.writeInbound(ByteBuffer(bytes: Frame.make([0x10] + [UInt8](repeating: 0, count: 8))))
        #expect(goodbye(try harness.received(on: second).messages) == .format)
    }

    @Test("Who says no hello in time is closed")
    func late() throws {
        let harness = SessionHarness()
        let channel = try harness.accept()
        harness.loop.advanceTime(by: .milliseconds(4999))
        #expect(try harness.received(on: channel).messages.isEmpty)
        harness.loop.advanceTime(by: .milliseconds(1))
        #expect(goodbye(try harness.received(on: channel).messages) == .late)
        // One that did stays.
        let greeted = try harness.greeted()
        harness.loop.advanceTime(by: .hours(1))
        #expect(greeted.isActive)
    }

    @Test("One connection more than allowed is told so and closed")
    func tooMany() throws {
        var limits = ClientLimits()
        limits.maximumConnections = 2
        let harness = SessionHarness(limits: limits)
        _ = try (harness.greeted(), harness.greeted())
        let third = try harness.accept()
        #expect(goodbye(try harness.received(on: third).messages) == .overloaded)
        // It may be closed already.
        try? third.close().wait()
        _ = try harness.greeted()
    }

    @Test("Requests and consistencies of a later release are refused one by one; the connection stays")
    func unsupported() throws {
        let harness = SessionHarness()
        let channel = try harness.greeted()
        try harness.send(
            [ClientRequest(.unsupported(0x3F)), .query([1], ReadConsistency(rawValue: 9)), .query([2])], on: channel)
        harness.loop.run()
        let codes = try harness.received(on: channel).messages.map { message -> RaftClientError.Code? in
            guard case .response(_, let response) = message, case .error(let error) = response.kind else { return nil }
            return error.code
        }
        #expect(codes == [.notSupported, .notSupported, nil])
    }

    @Test("Connections and requests are counted by what came of them")
    func counted() throws {
        let harness = SessionHarness()
        let channel = try harness.greeted()
        let later = ClientRequest(.metrics(ClientRequest.MetricsFormat(rawValue: 9)))
        try harness.send([.propose([1]), .propose([2]), .propose([3]), .propose([4]), .metrics, later], on: channel)
        harness.loop.run()
        harness.service.answerNext()
        for code in [RaftError.Code.notLeader, .unknown, .refused] {
            harness.service.answerNext(.failure(RaftError(code, "no")))
        }
        harness.loop.run()
        #expect(try harness.received(on: channel).messages.count == 6)
        func text() -> String {
            var report = MetricReport()
            harness.hub.tally.add(to: &report)
            return PrometheusText.render(report)
        }
        for outcome in ["done", "rejected", "unknown", "refused"] {
            #expect(
                text().contains("\nraft_client_requests_total{request=\"propose\",outcome=\"\(outcome)\"} 1\n"))
        }
        #expect(text().contains("\nraft_client_requests_total{request=\"metrics\",outcome=\"done\"} 1\n"))
        #expect(text().contains("\nraft_client_requests_total{request=\"metrics\",outcome=\"rejected\"} 1\n"))
        #expect(text().contains("\nraft_client_requests_total{request=\"query\",outcome=\"done\"} 0\n"))
        #expect(text().contains("\nraft_client_connections 1\n"))
        try channel.close().wait()
        #expect(text().contains("\nraft_client_connections 0\n"))
        #expect(text().contains("\nraft_client_connections_accepted_total 1\n"))
    }

    @Test("A query is answered with the guarantee that it asks for")
    func consistency() throws {
        let harness = SessionHarness()
        let channel = try harness.greeted()
        let consistencies = ReadConsistency.all + [.stale(atMost: .seconds(2))]
        try harness.send(consistencies.map { .query([$0.rawValue], $0) }, on: channel)
        #expect(
            harness.service.queries.map(\.guarantee)
                == [.linearizable, .lease, .follower, .stale, .stale(atMost: .seconds(2))])
    }

    @Test("A bootstrap request hands over its members; one that names a node twice is refused")
    func bootstrap() throws {
        let harness = SessionHarness()
        let channel = try harness.greeted()
        let founder = ClientRequest.Founder(id: 1, addresses: ["unix:1"])
        try harness.send([.bootstrap([1: ["unix:1"]]), ClientRequest(.bootstrap([founder, founder]))], on: channel)
        harness.loop.run()
        let messages = try harness.received(on: channel).messages
        #expect(messages.first == .response(1, ClientResponse(.formed(Samples.cluster))))
        #expect(harness.service.bootstraps == [[1: ["unix:1"]]])
        guard case .response(2, let response) = messages.last, case .error(let error) = response.kind else {
            Issue.record("the second was not refused: \(messages)")
            return
        }
        #expect(error.code == .formation)
    }

    @Test("An answer that the client does not take is replaced by an error")
    func largeAnswer() throws {
        let harness = SessionHarness()
        let channel = try harness.greeted(maximumFrameLength: 4096)
        try harness.send([.query([UInt8](repeating: 1, count: 5000)), .query([2])], on: channel)
        harness.loop.run()
        let messages = try harness.received(on: channel).messages
        guard case .response(1, let response) = messages.first, case .error(let error) = response.kind else {
            Issue.record("the first was not refused: \(messages)")
            return
        }
        #expect(error.code == .tooLarge)
        #expect(messages.last == .response(2, ClientResponse(.bytes([2]))))
    }

    @Test("A socket that takes all at once, and says so in the middle of the write, is given each answer once")
    func writability() throws {
        let harness = SessionHarness(echo: true)
        let channel = try harness.greeted()
        try channel.pipeline.syncOperations.addHandler(EagerSocket(), position: .first)
        try harness.send([ClientRequest(.query([1], .linearizable)), ClientRequest(.propose([2]))], on: channel)
        harness.loop.run()
        #expect(try harness.received(on: channel).messages.count == 2)
    }

    @Test("Outputs that a client does not take are bounded too: it is turned away, and what it asked is unknown (W1)")
    func outputs() throws {
        var limits = ClientLimits()
        limits.pausingUnsentBytes = 1 << 16
        limits.maximumUnsentBytes = 1 << 20
        let harness = SessionHarness(limits: limits)
        let channel = try harness.greeted()
        try harness.send((0..<64).map { ClientRequest(.propose([$0])) }, on: channel)
        harness.loop.run()
        channel.isWritable = false
        let large = [UInt8](repeating: 1, count: 1 << 18)
        // The applier answers a batch of them in a row.
        for _ in 0..<64 { harness.service.answerNext(.success((large, 1))) }
        harness.loop.run()
        let messages = try harness.received(on: channel).messages
        #expect(messages.count <= 6)
        guard case .goodbye(let goodbye)? = messages.last else {
            Issue.record("the client was not turned away")
            return
        }
        #expect(goodbye.reason == .overloaded)
        #expect(harness.hub.unread.hasRoom)
    }

    @Test("A long error is shortened for a client that takes little, and stays what it was")
    func shortError() throws {
        let harness = SessionHarness()
        let channel = try harness.greeted(maximumFrameLength: 4096)
        try harness.send([ClientRequest(.propose([1]))], on: channel)
        let hint = LeaderHint(
            id: 2, clientAddresses: (0..<8).map { "unix:/\($0)" + String(repeating: "x", count: 900) })
        harness.service.answerNext(.failure(RaftError(.notLeader, "this node does not lead", leader: hint)))
        harness.loop.run()
        guard case .response(1, let response)? = try harness.received(on: channel).messages.first,
            case .error(let error) = response.kind
        else {
            Issue.record("no error came")
            return
        }
        #expect(error.code == .notLeader && error.outcome == .rejected && error.leader == nil)
        #expect(error.message == "this node does not lead")
    }

    @Test("Those that are turned away are bounded as well")
    func turnedAwayAreBounded() throws {
        var limits = ClientLimits()
        limits.maximumConnections = 2
        let harness = SessionHarness(limits: limits)
        let first = try harness.greeted()
        for _ in 0..<3 { _ = try harness.accept(staysOpen: true) }
        #expect(throws: (any Error).self) { _ = try harness.accept() }
        // Nor do they take a place from anybody.
        first.pipeline.close(promise: nil)
        let next = try harness.greeted()
        try harness.send([ClientRequest(.status)], on: next)
        harness.loop.run()
        #expect(try harness.received(on: next).messages.count == 1)
    }

    @Test("A proposal's error keeps its code, its outcome and the leader")
    func errors() throws {
        let harness = SessionHarness()
        let channel = try harness.greeted()
        try harness.send([.propose([1]), .propose([2])], on: channel)
        let hint = LeaderHint(id: 2, clientAddresses: ["unix:2"])
        harness.service.answerNext(.failure(RaftError(.notLeader, "no", leader: hint)))
        harness.service.answerNext(.failure(RaftError(.unknown, "gone")))
        harness.loop.run()
        #expect(
            try harness.received(on: channel).messages == [
                .response(1, ClientResponse(.error(RaftClientError(.notLeader, .rejected, "no", leader: hint)))),
                .response(2, ClientResponse(.error(RaftClientError(.unknown, .unknown, "gone")))),
            ])
    }

    @Test("A node that shuts down answers what is under way, turns away what is new, and closes")
    func drain() throws {
        let harness = SessionHarness()
        let channel = try harness.greeted()
        let idle = try harness.greeted()
        try harness.send([.propose([1])], on: channel)
        let drained = harness.hub.drain()
        #expect(goodbye(try harness.received(on: idle).messages) == .stopping)
        // It may be closed already.
        try? idle.close().wait()
        try harness.send([.propose([2])], first: 2, on: channel)
        #expect(harness.service.waiting == [[1]])
        harness.service.answerNext()
        harness.loop.run()
        let messages = try harness.received(on: channel).messages
        #expect(messages.count == 3)
        #expect(goodbye(messages) == .stopping)
        #expect(goodbye(try harness.received(on: try harness.accept()).messages) == .stopping)
        harness.loop.advanceTime(by: .seconds(1))
        try drained.wait()
    }

    @Test("A shutdown waits no longer than its bound for answers")
    func drainDeadline() throws {
        let harness = SessionHarness()
        let channel = try harness.greeted()
        try harness.send([.propose([1])], on: channel)
        let drained = harness.hub.drain()
        harness.loop.advanceTime(by: .seconds(5))
        try drained.wait()
        #expect(!channel.isActive)
        // An answer that comes afterwards finds nobody, and harms nobody.
        harness.service.answerNext()
        harness.loop.run()
    }

    @Test("A flood of refusals does not flood the log")
    func refusals() throws {
        let harness = SessionHarness()
        for _ in 0..<100 { try harness.accept().writeInbound(ByteBuffer(bytes: [0, 0, 0, 0x40])) }
        #expect(harness.sink.events.filter { $0.kind == .clientRefused }.count <= 20)
    }
}
