import NIOCore
import NIOEmbedded
import RaftClient
import RaftCore
import RaftTracing

@testable import RaftNode

/// A client connection to a server without sockets and without a clock of its own: the test plays the client.
final class SessionHarness {
    let service: FakeService
    let hub: ClientHub
    let loop: EmbeddedEventLoop
    let sink = MemorySink()

    init(limits: ClientLimits = ClientLimits(), echo: Bool = false) {
        service = FakeService(echo: echo)
        loop = EmbeddedEventLoop()
        hub = ClientHub(
            service: service, limits: limits, eventLoop: loop, tracer: Tracer(sink: sink, level: .debug))
    }

    /// A connection that was accepted just now.
    /// - Parameter staysOpen: its client reads on and does not close its end.
    func accept(staysOpen: Bool = false) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(loop: loop)
        if staysOpen { try channel.pipeline.syncOperations.addHandler(OpenSocket()) }
        try hub.accepted(channel, at: RaftAddress("unix:@harness"))
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/harness")).wait()
        return channel
    }

    /// A connection whose hellos are through.
    func greeted(maximumFrameLength: Int = 1 << 20) throws -> EmbeddedChannel {
        let channel = try accept()
        try send(ClientHello(maximumFrameLength: maximumFrameLength), on: channel)
        loop.run()
        _ = try received(on: channel)
        return channel
    }

    func send(_ hello: ClientHello, on channel: EmbeddedChannel) throws {
        try channel.writeInbound(ByteBuffer(bytes: Samples.bytes { ClientFrameEncoder.append(hello, to: &$0) }))
    }

    /// In one read, numbered from `first` on.
    func send(_ requests: [ClientRequest], first: UInt64 = 1, on channel: EmbeddedChannel) throws {
        let bytes = Samples.bytes { buffer in
            for (position, request) in requests.enumerated() {
                ClientFrameEncoder.append(request, id: first + UInt64(position), to: &buffer)
            }
        }
        try channel.writeInbound(ByteBuffer(bytes: bytes))
    }

    /// Every message written since the last call, and in how many writes.
    func received(on channel: EmbeddedChannel) throws -> (messages: [ServerMessage], writes: Int) {
        var decoder = ClientFrameDecoder()
        decoder.maximumLength = 64 << 20
        var writes = 0
        var messages: [ServerMessage] = []
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) {
            writes += 1
            decoder.append(bytes)
            while let message = try decoder.nextFromServer() { messages.append(message) }
        }
        return (messages, writes)
    }
}
