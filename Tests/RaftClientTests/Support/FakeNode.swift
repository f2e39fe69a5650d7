import NIOCore
import NIOPosix
import RaftCore
import RaftMembership
import RaftTransportUnix
import Synchronization

@testable import RaftClient

/// A node that does what the test says with every request, behind a real socket.
final class FakeNode: Sendable {
    enum Action: Sendable {
        case answer(ClientResponse)
        case silence
        case hangUp
        /// That of a node that stops.
        case goodbye

        static func ok(_ bytes: [UInt8] = [1]) -> Action { .answer(ClientResponse(.output(bytes, 1))) }
        static func error(_ code: RaftClientError.Code, leader: LeaderHint? = nil) -> Action {
            .answer(ClientResponse(.error(RaftClientError(code, .rejected, code.description, leader: leader))))
        }
    }

    let address: RaftAddress
    private let listener: ListeningSocket
    private let log: RequestLog

    private init(address: RaftAddress, listener: ListeningSocket, log: RequestLog) {
        self.address = address
        self.listener = listener
        self.log = log
    }

    /// An address that nobody else uses.
    static func freeAddress() throws -> RaftAddress {
        try RaftAddress("unix:@raft-client-test-\(UInt64.random(in: 0 ... .max))")
    }

    /// - Parameter behaviour: is given the request and how many came before it.
    static func start(
        at address: RaftAddress? = nil, _ behaviour: @escaping @Sendable (ClientRequest, Int) -> Action
    ) async throws -> FakeNode {
        let address = if let address { address } else { try freeAddress() }
        let log = RequestLog()
        let listener = try await SocketListener.listen(
            on: address, eventLoop: MultiThreadedEventLoopGroup.singleton.next(), options: SocketListener.Options(),
            refused: { _ in },
            initializer: { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(FakeNodeHandler(log: log, behaviour: behaviour))
                }
            })
        return FakeNode(address: address, listener: listener, log: log)
    }

    /// What was asked so far.
    var requests: [ClientRequest] { log.requests.withLock { $0 } }
    /// How many connections were made.
    var connections: Int { log.connections.withLock { $0 } }

    /// Waits until one of its connections has ended.
    func lost() async {
        await withCheckedContinuation { continuation in
            let isOver = log.ends.withLock { ends in
                if ends.count > 0 { return true }
                ends.waiting.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    func stop() async { await listener.close() }
}

final class RequestLog: Sendable {
    let requests = Mutex<[ClientRequest]>([])
    let connections = Mutex(0)
    let ends = Mutex<(count: Int, waiting: [CheckedContinuation<Void, Never>])>((0, []))
}

private final class FakeNodeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let log: RequestLog
    private let behaviour: @Sendable (ClientRequest, Int) -> FakeNode.Action
    private var decoder = ClientFrameDecoder()

    init(log: RequestLog, behaviour: @escaping @Sendable (ClientRequest, Int) -> FakeNode.Action) {
        self.log = log
        self.behaviour = behaviour
    }

    func channelActive(context: ChannelHandlerContext) { log.connections.withLock { $0 += 1 } }

    func channelInactive(context: ChannelHandlerContext) {
        let waiting = log.ends.withLock { ends in
            ends.count += 1
            defer { ends.waiting = [] }
            return ends.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        decoder.append(unwrapInboundIn(data))
        decoder.maximumLength = 1 << 22
        while let message = try? decoder.nextFromClient() {
            var buffer = ByteBuffer()
            switch message {
            case .hello:
                ClientFrameEncoder.append(
                    ServerHello(maximumFrameLength: 1 << 22, clusterName: "demo", node: 1, cluster: nil), to: &buffer)
            case .request(let id, let request):
                let before = log.requests.withLock { requests in
                    defer { requests.append(request) }
                    return requests.count
                }
                switch behaviour(request, before) {
                case .answer(let response): ClientFrameEncoder.append(response, id: id, to: &buffer)
                case .silence: break
                case .hangUp: return context.close(promise: nil)
                case .goodbye:
                    ClientFrameEncoder.append(Goodbye(.stopping, "bye"), to: &buffer)
                    context.writeAndFlush(NIOAny(buffer), promise: nil)
                    return context.close(promise: nil)
                }
            }
            if buffer.readableBytes > 0 { context.writeAndFlush(NIOAny(buffer), promise: nil) }
        }
    }
}
