import Glibc
import NIOCore
import NIOPosix
import RaftCore
import RaftMembership
import RaftNode
import RaftTracing
import Testing

@testable import RaftClient

@Suite("Client and server talk over real sockets", .timeLimit(.minutes(1)))
struct ClientServerTests {
    private func server(_ service: FakeService = FakeService(echo: true)) -> ClientServer {
        ClientServer(
            service: service, eventLoop: MultiThreadedEventLoopGroup.singleton.next(), tracer: .silent,
            limits: ClientLimits())
    }

    @Test("Every request comes back with its answer", arguments: ["unix", "tcp"])
    func everyRequest(_ kind: String) async throws {
        let server = server()
        let address = kind == "tcp" ? try RaftAddress("tcp:127.0.0.1:0") : try FakeNode.freeAddress()
        let bound = try await server.start(listening: [address])
        let client = RaftClient(endpoints: bound, timeout: .seconds(10))
        #expect(try await client.propose([1, 2]) == [1, 2])
        #expect(try await client.query([3]) == [3])
        #expect(try await client.query([3], consistency: .stale) == [3])
        #expect(try await client.status() == Samples.status)
        #expect(try await client.members() == Samples.membership)
        #expect(try await client.metrics() == "raft_term 3\n")
        #expect(try await client.bootstrap([1: ["unix:1"]]) == Samples.cluster)
        let large = [UInt8](repeating: 7, count: 4 << 20)
        #expect(try await client.propose(large) == large)
        await client.close()
        await server.shutdown()
    }

    @Test("Over TCP a node that has vanished is noticed within seconds")
    func vanishedNode() async throws {
        let server = server()
        let bound = try await server.start(listening: [try RaftAddress("tcp:127.0.0.1:0")])
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let channel = try await loop.flatSubmit {
            ClientConnector.connect(to: bound[0], eventLoop: loop, timeout: .seconds(5)) { channel in
                channel.eventLoop.makeSucceededVoidFuture()
            }
        }.get()
        let options: [(name: CInt, value: CInt)] = [
            (TCP_USER_TIMEOUT, 5000), (TCP_KEEPIDLE, 3), (TCP_KEEPINTVL, 1), (TCP_KEEPCNT, 3), (TCP_NODELAY, 1),
        ]
        for option in options {
            let value = try await channel.getOption(.tcpOption(.init(rawValue: option.name))).get()
            #expect(value == option.value)
        }
        #expect(try await channel.getOption(.socketOption(.so_keepalive)).get() == 1)
        try await channel.close()
        await server.shutdown()
    }

    @Test("Answers that come from another thread reach their clients")
    func otherThread() async throws {
        let service = FakeService()
        let server = server(service)
        let bound = try await server.start(listening: [try FakeNode.freeAddress()])
        let client = RaftClient(endpoints: bound, timeout: .seconds(10))
        async let outputs = withThrowingTaskGroup(of: [UInt8].self) { group in
            for number in 0..<100 as Range<UInt8> { group.addTask { try await client.propose([number]) } }
            return try await group.reduce(into: 0) { count, _ in count += 1 }
        }
        var answered = 0
        while answered < 100 {
            for _ in service.waiting {
                service.answerNext()
                answered += 1
            }
            await Task.yield()
        }
        #expect(try await outputs == 100)
        await server.shutdown()
    }

    @Test("After a shutdown the address is free, and clients are told that they can go elsewhere")
    func shutdown() async throws {
        let server = server()
        let bound = try await server.start(listening: [try FakeNode.freeAddress()])
        let client = RaftClient(endpoints: bound, timeout: .seconds(20))
        let hasty = RaftClient(endpoints: bound, timeout: .milliseconds(200))
        _ = try await client.propose([1])
        await server.shutdown()
        await server.shutdown()
        let error = await #expect(throws: RaftClientError.self) { try await hasty.propose([2]) }
        #expect(error?.outcome == .rejected)
        let next = self.server()
        try await next.start(listening: bound)
        #expect(try await client.propose([3]) == [3])
        await next.shutdown()
    }

    @Test("An address that is taken is refused in one line, and nothing is listened on")
    func taken() async throws {
        let first = server()
        let second = server()
        let taken = try await first.start(listening: [try FakeNode.freeAddress()])
        let free = try FakeNode.freeAddress()
        await #expect(throws: TransportError.self) { try await second.start(listening: [free] + taken) }
        let third = server()
        try await third.start(listening: [free])
        await first.shutdown()
        await third.shutdown()
    }
}
