import NIOCore
import NIOEmbedded
import RaftCore
import RaftMembership
import Synchronization
import Testing

@testable import RaftClient

@Suite("A client connection pipelines requests and says what went out")
struct ClientConnectionTests {
    /// A connection without a socket: the test plays the node.
    private final class Harness {
        let channel = EmbeddedChannel()
        private(set) var connection: ClientConnection?
        private(set) var failure: RaftClientError?
        private(set) var results: [(id: Int, result: Result<ClientResponse, RaftClientError>)] = []

        init(_ options: ClientConnectionOptions = ClientConnectionOptions()) throws {
            let handler = ClientChannelHandler(address: try RaftAddress("unix:@test"), options: options) {
                [unowned self] in
                switch $0 {
                case .success(let connection): self.connection = connection
                case .failure(let error): failure = error
                }
            }
            try channel.pipeline.syncOperations.addHandler(handler)
            try channel.connect(to: SocketAddress(unixDomainSocketPath: "/test")).wait()
            _ = try channel.readOutbound(as: ByteBuffer.self)
        }

        func greet(maximumFrameLength: Int = 1 << 20) throws -> ClientConnection {
            try receive {
                ClientFrameEncoder.append(
                    ServerHello(
                        maximumFrameLength: maximumFrameLength, clusterName: "demo", node: 1, cluster: nil),
                    to: &$0)
            }
            return try #require(connection)
        }

        func receive(_ body: (inout ByteBuffer) -> Void) throws {
            try channel.writeInbound(ByteBuffer(bytes: Samples.bytes(body)))
        }

        func call(_ id: Int, _ request: ClientRequest) {
            connection?.call(request) { [unowned self] in results.append((id, $0)) }
        }

        /// The numbers of the requests that went out, write by write.
        func written() throws -> [[UInt64]] {
            var writes: [[UInt64]] = []
            while let bytes = try channel.readOutbound(as: ByteBuffer.self) {
                var decoder = ClientFrameDecoder()
                decoder.maximumLength = 1 << 20
                decoder.append(bytes)
                var ids: [UInt64] = []
                while case .request(let id, _)? = try decoder.nextFromClient() { ids.append(id) }
                writes.append(ids)
            }
            return writes
        }
    }

    @Test("Requests made in one tick go out in one write, and answers in any order find their calls")
    func pipelining() throws {
        let harness = try Harness()
        _ = try harness.greet()
        for id in 1...3 { harness.call(id, .propose([UInt8(id)])) }
        #expect(try harness.written() == [])
        harness.channel.embeddedEventLoop.run()
        #expect(try harness.written() == [[1, 2, 3]])
        try harness.receive { buffer in
            for id in [3, 1, 2] as [UInt64] {
                ClientFrameEncoder.append(ClientResponse(.output([UInt8(id)], 9)), id: id, to: &buffer)
            }
        }
        #expect(harness.results.map(\.id) == [3, 1, 2])
        #expect(try harness.results.map { try $0.result.get().bytes } == [[3], [1], [2]])
        #expect(try harness.results.first?.result.get().index == 9)
    }

    @Test("A request made in the completion of another goes out at the end of the same read")
    func closedLoop() throws {
        let harness = try Harness()
        let connection = try harness.greet()
        connection.call(.propose([1])) { _ in connection.call(.propose([2])) { _ in } }
        harness.channel.embeddedEventLoop.run()
        #expect(try harness.written() == [[1]])
        try harness.receive { ClientFrameEncoder.append(ClientResponse(.output([], 1)), id: 1, to: &$0) }
        #expect(try harness.written() == [[2]])
    }

    @Test("When the connection is lost, what went out is unknown and what did not is rejected (W1)")
    func lost() throws {
        let harness = try Harness()
        _ = try harness.greet()
        harness.call(1, .propose([1]))
        harness.channel.embeddedEventLoop.run()
        harness.call(2, .propose([2]))
        try harness.channel.close().wait()
        let outcomes = harness.results.map { result -> RaftError.Outcome? in
            if case .failure(let error) = result.result { error.outcome } else { nil }
        }
        #expect(harness.results.map(\.id) == [1, 2])
        #expect(outcomes == [.unknown, .rejected])
        harness.call(3, .propose([3]))
        guard case .failure(let error)? = harness.results.last?.result else {
            Issue.record("a call on a lost connection succeeded")
            return
        }
        #expect(error.code == .connectionLost && error.outcome == .rejected)
    }

    @Test("A node that speaks something else is found out, and calls on the way end")
    func otherProtocol() throws {
        let harness = try Harness()
        try harness.channel.writeInbound(ByteBuffer(string: "220 mail.example.org ESMTP\r\n"))
        #expect(harness.failure?.code == .protocolBroken)
        let second = try Harness()
        _ = try second.greet()
        second.call(1, .query([1]))
        second.channel.embeddedEventLoop.run()
        try second.channel.writeInbound(ByteBuffer(bytes: [0xFF, 0xFF, 0xFF, 0xFF]))
        #expect(second.results.count == 1)
        #expect(second.connection?.isOpen == false)
    }

    @Test("A node that accepts and says nothing is given up")
    func silent() throws {
        let harness = try Harness()
        harness.channel.embeddedEventLoop.advanceTime(by: .milliseconds(999))
        #expect(harness.failure == nil)
        harness.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(harness.failure?.code == .unreachable)
    }

    @Test(
        "A request that crosses the goodbye of a node that stops was not looked at; with any other, nobody knows (W1)",
        arguments: [(Goodbye.Reason.stopping, RaftError.Outcome.rejected), (.overloaded, .unknown)])
    func crossing(_ reason: Goodbye.Reason, _ outcome: RaftError.Outcome) throws {
        let harness = try Harness()
        _ = try harness.greet()
        for id in 1...2 { harness.call(id, .propose([UInt8(id)])) }
        harness.channel.embeddedEventLoop.run()
        #expect(try harness.written() == [[1, 2]])
        try harness.receive {
            ClientFrameEncoder.append(ClientResponse(.output([1], 9)), id: 1, to: &$0)
            ClientFrameEncoder.append(Goodbye(reason, "bye"), to: &$0)
        }
        #expect(harness.results.map(\.id) == [1, 2])
        #expect(throws: Never.self) { try harness.results[0].result.get() }
        let error = #expect(throws: RaftClientError.self) { try harness.results[1].result.get() }
        #expect(error?.outcome == outcome && error?.code == .connectionLost)
    }

    @Test("A goodbye in place of a hello says why")
    func turnedAway() throws {
        let harness = try Harness()
        try harness.receive { ClientFrameEncoder.append(Goodbye(.overloaded, "full"), to: &$0) }
        #expect(harness.failure?.code == .overloaded)
        #expect(harness.failure?.message.contains("full") == true)
    }

    @Test("A request over the node's limit and one over our own bounds are rejected here")
    func bounds() throws {
        var options = ClientConnectionOptions()
        options.maximumInFlight = 1
        let harness = try Harness(options)
        _ = try harness.greet(maximumFrameLength: 4096)
        harness.call(1, .propose([UInt8](repeating: 0, count: 5000)))
        harness.call(2, .propose([1]))
        harness.call(3, .propose([1]))
        let codes = harness.results.map { result -> RaftClientError.Code? in
            if case .failure(let error) = result.result { error.code } else { nil }
        }
        #expect(codes == [.tooLarge, .overloaded])
    }

    @Test("A call that was forgotten is not completed; whether it went out is told")
    func forget() throws {
        let harness = try Harness()
        let connection = try harness.greet()
        let first = try #require(connection.call(.propose([1])) { _ in Issue.record("completed") })
        #expect(!connection.forget(first))
        let second = try #require(connection.call(.propose([2])) { _ in Issue.record("completed") })
        harness.channel.embeddedEventLoop.run()
        #expect(connection.forget(second))
        // What is told to be *rejected* is proposed again: it must not go out after all (W1).
        #expect(try harness.written() == [[second]])
        try harness.receive { ClientFrameEncoder.append(ClientResponse(.bytes([])), id: second, to: &$0) }
        #expect(connection.isOpen)
    }

    @Test("What is given up while the socket takes nothing is never sent, and makes room for others (W1)")
    func forgetQueued() throws {
        var options = ClientConnectionOptions()
        options.maximumQueuedBytes = 1000
        let harness = try Harness(options)
        let connection = try harness.greet()
        harness.channel.isWritable = false
        let first = try #require(connection.call(.propose([UInt8](repeating: 1, count: 2000))) { _ in })
        harness.channel.embeddedEventLoop.run()
        harness.call(2, .propose([2]))
        #expect(harness.results.map(\.id) == [2], "the queue has a bound")
        #expect(!connection.forget(first))
        harness.call(3, .propose([3]))
        harness.channel.embeddedEventLoop.run()
        #expect(try harness.written() == [])
        harness.channel.isWritable = true
        harness.channel.pipeline.fireChannelWritabilityChanged()
        #expect(try harness.written() == [[2]])
    }

    @Test("A socket that takes all at once, and says so in the middle of the write, is given each request once (W1)")
    func writability() throws {
        let harness = try Harness()
        _ = try harness.greet()
        try harness.channel.pipeline.syncOperations.addHandler(EagerSocket(), position: .first)
        for id in 1...2 { harness.call(id, .propose([UInt8(id)])) }
        harness.channel.embeddedEventLoop.run()
        #expect(try harness.written() == [[1, 2]])
    }

    @Test("Of the sockets that are tried for a name, the end of one that came to nothing ends nothing")
    func manySockets() throws {
        let harness = try Harness()
        let handler = try harness.channel.pipeline.syncOperations.handler(type: ClientChannelHandler.self)
        let other = EmbeddedChannel()
        try other.pipeline.syncOperations.addHandler(handler)
        _ = try harness.greet()
        try other.close().wait()
        harness.call(1, .propose([1]))
        harness.channel.embeddedEventLoop.run()
        #expect(try harness.written() == [[1]])
        // One that connects too late is closed.
        let late = EmbeddedChannel()
        try late.pipeline.syncOperations.addHandler(handler)
        try late.connect(to: SocketAddress(unixDomainSocketPath: "/test")).wait()
        #expect(!late.isActive)
        #expect(harness.connection?.isOpen == true)
    }
}
