import NIOCore
import RaftClient
import RaftCore
import RaftMembership

/// The node's end of one client connection: hello, requests in, answers out. Used on its loop.
///
/// Every request that a read brought is handed over before anything is written, so that the driver makes one batch of
/// them; answers are collected and written once a tick.
final class ClientSession: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private enum Phase {
        case greeting
        /// The client said hello; ours waits for the node's status.
        case answering
        case open
        /// The last frame is on its way; what still comes in is thrown away.
        case leaving
        case ended
    }

    let address: RaftAddress
    let hub: ClientHub
    private var phase = Phase.greeting
    private var context: ChannelHandlerContext?
    private var decoder = ClientFrameDecoder()
    private var outbound = ByteBuffer()
    private var isDirty = false
    private var isReadWanted = false
    /// Requests that were not answered yet.
    var inFlight = 0
    let unread: UnreadAnswers
    /// Bytes of answers in `outbound`.
    private var takenIn = 0
    private var deadline: Scheduled<Void>?
    /// What the length of a frame to this client may say at most.
    private var peerMaximumLength = ClientProtocol.maximumHandshakeLength

    init(hub: ClientHub, address: RaftAddress) {
        self.hub = hub
        self.address = address
        unread = UnreadAnswers(limit: hub.limits.pausingUnsentBytes, all: hub.unread)
    }

    // MARK: Events of the channel

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        if let objection = hub.objection() { return refuse(objection) }
        deadline = hub.eventLoop.assumeIsolated().scheduleTask(in: hub.limits.helloTimeout.timeAmount) { [weak self] in
            self?.refuse(Goodbye(.late, "no hello came in time"))
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch phase {
        case .leaving, .ended: return
        case .greeting, .answering, .open:
            decoder.append(unwrapInboundIn(data))
            process()
        }
    }

    /// The channel asks for more bytes after each read; without them it leaves them to the kernel, and so to the client.
    func read(context: ChannelHandlerContext) {
        if isPaused { isReadWanted = true } else { context.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        flush()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A reset is an end like any other.
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { ended() }

    func handlerRemoved(context: ChannelHandlerContext) { ended() }

    // MARK: Requests

    private var isPaused: Bool {
        switch phase {
        case .greeting, .leaving, .ended: false
        case .answering: true
        case .open:
            inFlight >= hub.limits.maximumInFlight || outbound.readableBytes > hub.limits.pausingUnsentBytes
        }
    }

    private func process() {
        do {
            while !isPaused, let message = try decoder.nextFromClient() {
                switch (phase, message) {
                case (.greeting, .hello(let hello)): answer(hello)
                case (.open, .request(let id, let request)): handle(request, id)
                case (.greeting, _): throw Goodbye(.format, "a request came before the hello")
                default: throw Goodbye(.format, "a frame has no place here")
                }
            }
        } catch {
            refuse(error as? Goodbye ?? Goodbye(.format, "\(error)"))
        }
    }

    private func answer(_ hello: ClientHello) {
        deadline?.cancel()
        deadline = nil
        phase = .answering
        peerMaximumLength = hello.maximumFrameLength
        decoder.maximumLength = hub.limits.maximumFrameBytes
        let bound = NIOLoopBound(self, eventLoop: hub.eventLoop)
        hub.service.status { [eventLoop = hub.eventLoop] status in
            if eventLoop.inEventLoop { return bound.value.open(status) }
            eventLoop.execute { bound.value.open(status) }
        }
    }

    private func open(_ status: NodeStatus) {
        guard case .answering = phase else { return }
        phase = .open
        hub.greeted(self)
        ClientFrameEncoder.append(
            ServerHello(
                maximumFrameLength: hub.limits.maximumFrameBytes, clusterName: status.clusterName,
                node: status.member.id, cluster: status.cluster),
            to: &outbound)
        markDirty()
    }

    // MARK: Answers

    /// An answer to request `id` is there.
    func respond(_ response: ClientResponse, id: UInt64) {
        inFlight -= 1
        let size = response.bytes?.count ?? 0
        // Answers were counted when they were made; what a command puts out counts from here.
        if !response.isAnswer { unread.add(size) }
        guard case .open = phase else { return unread.remove(size) }
        takenIn += size
        let before = outbound.writerIndex
        ClientFrameEncoder.append(response, id: id, to: &outbound)
        // Sizes of answers are not known before; one that this client does not take is taken back.
        if outbound.writerIndex - before - 4 > peerMaximumLength {
            outbound.moveWriterIndex(to: before)
            ClientFrameEncoder.append(ClientResponse(.error(shortened(response))), id: id, to: &outbound)
        }
        // The machine may answer thousands of commands in a row, before the end of this tick.
        if outbound.readableBytes > hub.limits.pausingUnsentBytes { write() }
        let left = outbound.readableBytes
        if left > hub.limits.maximumUnsentBytes || left > hub.limits.pausingUnsentBytes && !hub.unread.hasRoom {
            return refuse(Goodbye(.overloaded, "the client does not read its answers"))
        }
        markDirty()
    }

    /// What a client that takes little is told instead.
    private func shortened(_ response: ClientResponse) -> RaftClientError {
        guard case .error(let error) = response.kind else {
            let message = "the answer is larger than the \(peerMaximumLength) bytes that this client takes"
            return RaftClientError(.tooLarge, .committed, message)
        }
        // The least that a client takes has room for so much.
        return RaftClientError(error.code, error.outcome, String(error.message.prefix(200)))
    }

    private func markDirty() {
        guard !isDirty else { return }
        isDirty = true
        hub.markDirty(self)
    }

    /// Writes what there is to write in one go, and goes on reading when there is room again.
    func flush() {
        isDirty = false
        guard case .open = phase, let context else { return }
        write()
        process()
        if case .open = phase, hub.isDraining { return leaveIfIdle() }
        if isReadWanted, !isPaused {
            isReadWanted = false
            context.read()
        }
    }

    private func write() {
        guard let context, outbound.readableBytes > 0, context.channel.isWritable else { return }
        let written = takenIn
        takenIn = 0
        // Taken out first: a socket that takes all of it calls back into this before the write returns. The channel keeps the
        // bytes as long as it needs them; `clear` then takes new ones.
        let bytes = outbound
        if outbound.capacity > 1 << 20 { outbound = ByteBuffer() } else { outbound.clear() }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenComplete { [unread] _ in unread.remove(written) }
        context.writeAndFlush(NIOAny(bytes), promise: promise)
    }

    // MARK: The end

    /// From now on requests are turned away; the connection ends with the last answer.
    func drain() {
        switch phase {
        case .greeting, .answering: refuse(Goodbye(.stopping, "this node is shutting down"))
        case .open: leaveIfIdle()
        case .leaving, .ended: break
        }
    }

    private func leaveIfIdle() {
        guard inFlight == 0, outbound.readableBytes == 0 else { return }
        leave(Goodbye(.stopping, "this node is shutting down"))
    }

    /// Ends it now.
    func abandon() {
        let context = context
        ended()
        context?.close(promise: nil)
    }

    private func refuse(_ goodbye: Goodbye) {
        switch phase {
        case .leaving, .ended: return
        case .greeting, .answering, .open: break
        }
        if goodbye.reason != .stopping { hub.refused(goodbye.message, at: address) }
        leave(goodbye)
    }

    /// Says why, sends nothing more, and closes when the client did or soon after: closing at once, with bytes of the
    /// client unread, could take away what was said.
    private func leave(_ goodbye: Goodbye) {
        deadline?.cancel()
        phase = .leaving
        hub.leaves(self)
        decoder = ClientFrameDecoder()
        guard let context else { return }
        ClientFrameEncoder.append(goodbye, to: &outbound)
        let bytes = outbound
        outbound = ByteBuffer()
        context.writeAndFlush(NIOAny(bytes)).assumeIsolated().whenComplete { _ in
            context.close(mode: .output, promise: nil)
        }
        deadline = hub.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { [weak self] in self?.abandon() }
        if isReadWanted {
            isReadWanted = false
            context.read()
        }
    }

    private func ended() {
        if case .ended = phase { return }
        phase = .ended
        deadline?.cancel()
        deadline = nil
        context = nil
        decoder = ClientFrameDecoder()
        outbound = ByteBuffer()
        unread.remove(takenIn)
        takenIn = 0
        hub.ended(self)
    }
}
