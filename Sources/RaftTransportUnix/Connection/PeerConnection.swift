import NIOCore
import RaftCore
import RaftMembership

/// One connection to another member, made by us or by the other: handshake, frames in, frames out. Used on its loop.
final class PeerConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    enum Origin {
        /// We dialled this server at this address.
        case dialled(NodeID, RaftAddress)
        /// Somebody dialled us at this address.
        case accepted(RaftAddress)
    }

    private enum Phase {
        case greeting
        case open(Hello)
        case closed
    }

    let origin: Origin
    private let switchboard: Switchboard
    private var phase = Phase.greeting
    private var context: ChannelHandlerContext?
    private var deadline: Scheduled<Void>?
    private var decoder: FrameDecoder
    /// What the bytes that are being read hold, for one delivery.
    private var inbound: [Envelope] = []
    private var outbound: OutboundQueue
    /// The buffer of the last write, used again once the socket has let go of it.
    private var writeBuffer = ByteBuffer()
    private var isDecoding = false
    private var isFlushing = false
    /// Set while it waits for `Switchboard.flush`.
    var isDirty = false
    /// Both ends named the same cluster identity (rule M9).
    private(set) var isShared = false
    /// Set when its last frames are on their way out.
    private var isClosing = false
    /// Set when what was proven here counts no more.
    var isRetired = false
    private var wasActive = false
    /// Whom it led to, kept after its end.
    private(set) var provenID: NodeID?

    init(_ origin: Origin, switchboard: Switchboard) {
        self.origin = origin
        self.switchboard = switchboard
        let options = switchboard.options
        decoder = FrameDecoder(maximumLength: FrameLayout.maximumHandshakeLength, broken: options.broken)
        outbound = OutboundQueue(
            urgentBytes: options.urgentQueueBytes, bulkBytes: options.queueBytes, broken: options.broken)
    }

    /// Whom it leads to, once that is proven.
    var member: Member? { hello?.identity.member }

    var hello: Hello? {
        if case .open(let hello) = phase { hello } else { nil }
    }

    var isDialled: Bool {
        if case .dialled = origin { true } else { false }
    }

    /// Whether it takes envelopes.
    var isUsable: Bool { hello != nil && !isClosing }

    /// Nil when there is no channel.
    var closeFuture: EventLoopFuture<Void>? { context?.channel.closeFuture }

    private func breaks(_ rule: Mutation) -> Bool { switchboard.options.broken.breaks(rule) }

    // MARK: Events of the channel

    func handlerAdded(context: ChannelHandlerContext) {
        // Closed before its channel came.
        if case .closed = phase { return context.close(promise: nil) }
        self.context = context
        // Larger reads than NIO's default when entries stream in. Fails for a closed channel only.
        try? context.channel.syncOptions?.setOption(
            .recvAllocator,
            value: AdaptiveRecvByteBufferAllocator(minimum: 2048, initial: 8192, maximum: 256 << 10))
        switchboard.began(self)
    }

    func channelActive(context: ChannelHandlerContext) {
        wasActive = true
        let timeout = TimeAmount(switchboard.options.handshakeTimeout)
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) { [weak self] in
            self?.greetingIsLate()
        }
        if case .dialled(let id, _) = origin { greet(id) }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // NIO reads what is left when a write fails, in the middle of that write, and closes: what is written below may come
        // back here while the decoder is at work.
        if isDeaf || isDecoding { return }
        let bytes = unwrapInboundIn(data)
        switchboard.counters.countReceived(bytes: bytes.readableBytes)
        decoder.append(bytes)
        isDecoding = true
        defer { isDecoding = false }
        do {
            while try decoder.next({ try received($0, $1) }) != nil {
                if isDeaf { return }
                // What may follow a greeting is larger than a greeting.
                if hello != nil { decoder.maximumLength = switchboard.maximumFrameLength }
            }
        } catch {
            deliver()
            fail("\(error)")
        }
    }

    /// What still comes is of no interest.
    private var isDeaf: Bool {
        if case .closed = phase { true } else { isRetired }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if isDecoding { return }
        decoder.releaseIfEmpty()
        deliver()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        flush()
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A reset by the other side is an end like any other: what there is to say is said when it is inactive.
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .greeting = phase { switchboard.endedWithoutGreeting(self) }
        ended()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        ended()
    }

    // MARK: Frames in

    private func received(_ kind: FrameKind, _ body: UnsafeRawBufferPointer) throws {
        switch (phase, kind) {
        case (.greeting, .hello): try greeted(body)
        case (.greeting, .refusal):
            guard isDialled else { throw FrameError.unexpected(kind) }
            let refusal = try Refusal.decode(body)
            switchboard.refusedByPeer(self, refusal)
            close()
        case (.open, .refusal):
            // Who dialled speaks last in the greeting, and may find then that this node is not what it was (rule M10).
            let refusal = try Refusal.decode(body)
            guard !isDialled, refusal.code == .amnesiac else { throw FrameError.unexpected(kind) }
            switchboard.refusedByPeer(self, refusal)
            close()
        case (.open(let hello), .envelope): try receivedEnvelope(body, hello)
        case (.greeting, .envelope) where breaks(.deliverBeforeGreeting): inbound.append(try MessageCodec.decode(body))
        default: throw FrameError.unexpected(kind)
        }
    }

    private func greeted(_ body: UnsafeRawBufferPointer) throws {
        let remote: Hello
        do {
            remote = try Hello.decode(body)
        } catch let refusal as Refusal {
            return refuse(refusal)
        } catch {
            return refuse(Refusal(.format, "its greeting \(error)"))
        }
        if let refusal = switchboard.objection(to: remote, from: self) { return refuse(refusal) }
        deadline?.cancel()
        deadline = nil
        isShared = switchboard.isShared(with: remote)
        if !isDialled { greet(remote.identity.member.id) }
        // The greeting may have found the other end gone.
        if isDeaf { return }
        phase = .open(remote)
        provenID = remote.identity.member.id
        switchboard.proven(self, remote)
    }

    private func greet(_ node: NodeID) {
        guard let context, let hello = switchboard.hello(expecting: node) else { return close() }
        var buffer = context.channel.allocator.buffer(capacity: 256)
        FrameEncoder.append(hello, to: &buffer)
        switchboard.counters.countGreeting(bytes: buffer.readableBytes)
        context.writeAndFlush(NIOAny(buffer), promise: nil)
    }

    private func receivedEnvelope(_ body: UnsafeRawBufferPointer, _ remote: Hello) throws {
        let envelope: Envelope
        do {
            envelope = try MessageCodec.decode(body)
        } catch let error as EntryError where error.reason == .future {
            // Only who shares our cluster can tell us that it moved on (rules L13, M9).
            guard isShared else { throw error }
            return switchboard.receivedFromTheFuture(remote.identity.member.id, "\(error)")
        }
        guard envelope.from == remote.identity.member || breaks(.believeSender) else {
            return switchboard.ignored(self, "it speaks for member \(envelope.from)")
        }
        guard switchboard.isAddressedHere(envelope.to) else {
            return switchboard.ignored(self, "it is meant for member \(envelope.to)")
        }
        guard isShared || envelope.isFormation else {
            return switchboard.ignored(self, "the two ends share no cluster yet")
        }
        inbound.append(envelope)
    }

    private func deliver() {
        guard !inbound.isEmpty else { return }
        let envelopes = inbound
        inbound = []
        switchboard.deliver(envelopes)
    }

    // MARK: Frames out

    /// - Returns: whether it was queued.
    func send(_ envelope: Envelope) -> Bool {
        guard isUsable, isShared || envelope.isFormation else { return false }
        guard FrameEncoder.estimatedSize(of: envelope) <= switchboard.maximumFrameLength else {
            switchboard.tooLarge(envelope)
            return false
        }
        return outbound.append(envelope)
    }

    /// Writes what waits, as long as the socket takes it. The rest stays in the queue, so that what is urgent can still
    /// overtake it, and goes on when the socket is writable again.
    func flush() {
        // A write may call back into this when it changes the writability.
        guard isUsable, !isFlushing, let context else { return }
        isFlushing = true
        defer { isFlushing = false }
        while !outbound.isEmpty, context.channel.isWritable {
            write(limit: switchboard.options.writeBytes, context, nil)
        }
    }

    private func write(limit: Int, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        let wanted = min(limit, outbound.bytes)
        if writeBuffer.capacity > max(256 << 10, 4 * wanted) {
            // What one large batch needed is given back.
            writeBuffer = context.channel.allocator.buffer(capacity: wanted)
        } else {
            writeBuffer.clear(minimumCapacity: wanted)
        }
        let count = outbound.take(into: &writeBuffer, limit: limit)
        switchboard.counters.countWrite(of: count, bytes: writeBuffer.readableBytes)
        context.writeAndFlush(NIOAny(writeBuffer), promise: promise)
    }

    // MARK: Ends

    /// Closes when what waits was written: word of an adoption is often the last thing said on a connection.
    func closeGracefully() {
        guard case .open = phase, let context else { return close() }
        guard !isClosing else { return }
        isClosing = true
        // A peer that reads no more does not keep it open.
        let timeout = TimeAmount(switchboard.options.handshakeTimeout)
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) { [weak self] in self?.close() }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { [weak self] _ in self?.close() }
        write(limit: switchboard.options.writeBytes, context, promise)
    }

    func close() {
        let context = context
        ended()
        context?.close(promise: nil)
    }

    private func greetingIsLate() {
        guard case .greeting = phase else { return }
        refuse(Refusal(.late, "it did not greet in time"))
    }

    /// Says why, and closes.
    private func refuse(_ refusal: Refusal) {
        switchboard.refused(self, refusal)
        guard let context, !isDialled || refusal.code == .amnesiac else { return close() }
        var refusal = refusal
        refusal.node = switchboard.node
        var buffer = context.channel.allocator.buffer(capacity: 256)
        FrameEncoder.append(refusal, to: &buffer)
        switchboard.counters.countGreeting(bytes: buffer.readableBytes)
        ended()
        context.writeAndFlush(NIOAny(buffer)).assumeIsolated().whenComplete { _ in context.close(promise: nil) }
    }

    private func fail(_ reason: String) {
        if case .closed = phase { return }
        switchboard.failed(self, reason)
        close()
    }

    private func ended() {
        if case .closed = phase { return }
        deadline?.cancel()
        deadline = nil
        switchboard.counters.countDropped(outbound.count)
        phase = .closed
        context = nil
        switchboard.ended(self, wasActive: wasActive)
    }
}
