import NIOCore
import RaftCore

/// The client's end of a connection: hello, requests out, answers in. Used on its loop.
final class ClientChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private enum Phase {
        /// The socket connects, or the node has not said hello yet.
        case greeting((Result<ClientConnection, RaftClientError>) -> Void)
        case open
        case ended(RaftClientError)
    }

    private let address: RaftAddress
    private let options: ClientConnectionOptions
    private var phase: Phase
    private var context: ChannelHandlerContext?
    private var decoder = ClientFrameDecoder()
    private var deadline: Scheduled<Void>?
    private var calls: [UInt64: ClientConnection.Completion] = [:]
    private var nextID: UInt64 = 1
    /// Every request up to this one was handed to the socket.
    private var writtenThrough: UInt64 = 0
    /// Requests that wait for the socket, in the order of their numbers. What is given up here is never sent.
    private var queue: [(id: UInt64, request: ClientRequest, size: Int)] = []
    private var queuedBytes = 0
    private var outbound = ByteBuffer()
    private var isFlushScheduled = false
    private var isReading = false
    private var peerMaximumLength = 0
    var onEnd: ((RaftClientError) -> Void)?

    init(
        address: RaftAddress, options: ClientConnectionOptions,
        connected: @escaping (Result<ClientConnection, RaftClientError>) -> Void
    ) {
        self.address = address
        self.options = options
        phase = .greeting(connected)
    }

    var isOpen: Bool {
        if case .open = phase { true } else { false }
    }

    var inFlight: Int { calls.count }

    // MARK: Calls

    func call(_ request: ClientRequest, _ completion: @escaping ClientConnection.Completion) -> UInt64? {
        guard case .open = phase else {
            completion(.failure(RaftClientError(.connectionLost, .rejected, "\(address): not connected")))
            return nil
        }
        let size = request.estimatedSize
        guard size <= peerMaximumLength else {
            let message = "a request of \(size) bytes is too large: \(address) takes \(peerMaximumLength)"
            completion(.failure(RaftClientError(.tooLarge, .rejected, message)))
            return nil
        }
        guard calls.count < options.maximumInFlight, queuedBytes <= options.maximumQueuedBytes else {
            let message = "too many requests to \(address) wait for an answer: wait for some before sending more"
            completion(.failure(RaftClientError(.overloaded, .rejected, message)))
            return nil
        }
        let id = nextID
        nextID += 1
        calls[id] = completion
        queue.append((id, request, size))
        queuedBytes += size
        scheduleFlush()
        return id
    }

    /// - Returns: whether it went out, or part of it.
    func forget(_ id: UInt64) -> Bool {
        calls[id] = nil
        if id <= writtenThrough { return true }
        if let place = queue.firstIndex(where: { $0.id == id }) { queuedBytes -= queue.remove(at: place).size }
        return false
    }

    /// Once a tick, however many requests are made in it.
    private func scheduleFlush() {
        // While reading, the flush comes at the end of it.
        guard !isFlushScheduled, !isReading, let context else { return }
        isFlushScheduled = true
        context.eventLoop.assumeIsolated().execute { [self] in
            isFlushScheduled = false
            flush()
        }
    }

    private func flush() {
        guard case .open = phase, let context, !queue.isEmpty, context.channel.isWritable else { return }
        writtenThrough = nextID - 1
        for (id, request, _) in queue { ClientFrameEncoder.append(request, id: id, to: &outbound) }
        queue.removeAll(keepingCapacity: true)
        queuedBytes = 0
        // Taken out first: a socket that takes all of it calls back into this before the write returns. The channel keeps the
        // bytes as long as it needs them; `clear` then takes new ones.
        let bytes = outbound
        if outbound.capacity > 1 << 20 { outbound = ByteBuffer() } else { outbound.clear() }
        context.writeAndFlush(NIOAny(bytes), promise: nil)
    }

    // MARK: Events of the channel

    // A name may have several addresses, and a socket is tried for each: the first that is connected is the one that counts.

    func channelActive(context: ChannelHandlerContext) {
        if self.context != nil { return context.close(promise: nil) }
        self.context = context
        // The call gave up while the socket connected.
        if case .ended = phase { return context.close(promise: nil) }
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(options.connectTimeout)) { [self] in
            fail(.unreachable, "\(address) accepts connections but does not answer: is it a client address?")
        }
        var buffer = context.channel.allocator.buffer(capacity: 64)
        ClientFrameEncoder.append(ClientHello(maximumFrameLength: options.maximumFrameBytes), to: &buffer)
        context.writeAndFlush(NIOAny(buffer), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard context === self.context else { return }
        if case .ended = phase { return }
        isReading = true
        decoder.append(unwrapInboundIn(data))
        do {
            while let message = try decoder.nextFromServer() {
                received(message)
                if case .ended = phase { return }
            }
        } catch {
            fail(.protocolBroken, "\(address) does not speak the client protocol: \(error)")
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard context === self.context else { return }
        isReading = false
        flush()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        flush()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What there is to say is said when it is inactive: bytes that came before may still say why.
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        guard context === self.context else { return }
        if case .greeting = phase {
            fail(.unreachable, "\(address) closed the connection without a word: is it a client address?")
        } else {
            fail(.connectionLost, "the connection to \(address) was lost")
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        if context === self.context { self.context = nil }
    }

    // MARK: Answers

    private func received(_ message: ServerMessage) {
        switch (phase, message) {
        case (.greeting(let connected), .hello(let hello)):
            deadline?.cancel()
            deadline = nil
            decoder.maximumLength = options.maximumFrameBytes
            peerMaximumLength = hello.maximumFrameLength
            phase = .open
            connected(.success(ClientConnection(address: address, server: hello, handler: self)))
        case (.open, .response(let id, let response)):
            // Missing when it was forgotten.
            guard let completion = calls.removeValue(forKey: id) else { return }
            if case .error(let error) = response.kind {
                completion(.failure(error))
            } else {
                completion(.success(response))
            }
        case (_, .goodbye(let goodbye)):
            let code: RaftClientError.Code =
                switch (goodbye.reason, phase) {
                case (.stopping, .greeting): .stopped
                case (.overloaded, .greeting): .overloaded
                case (.stopping, _), (.overloaded, _): .connectionLost
                default: .protocolBroken
                }
            // A node that stops has answered every request that it took: at what is left it has not looked.
            end(
                RaftClientError(code, .rejected, "\(address) closed the connection: \(goodbye)"),
                hasLookedAtAll: goodbye.reason != .stopping)
        default:
            fail(.protocolBroken, "\(address) does not speak the client protocol: a frame has no place here")
        }
    }

    // MARK: The end

    private func fail(_ code: RaftClientError.Code, _ message: String) {
        end(RaftClientError(code, .rejected, message))
    }

    /// Ends the connection and completes what is left. Idempotent.
    /// - Parameter hasLookedAtAll: whether the node may have carried out requests that have no answer.
    func end(_ error: RaftClientError, hasLookedAtAll: Bool = true) {
        if case .ended = phase { return }
        let before = phase
        phase = .ended(error)
        deadline?.cancel()
        deadline = nil
        context?.close(promise: nil)
        if case .greeting(let connected) = before { connected(.failure(error)) }
        queue = []
        queuedBytes = 0
        let pending = calls.sorted { $0.key < $1.key }
        calls = [:]
        for (id, completion) in pending {
            let outcome: RaftError.Outcome = id <= writtenThrough && hasLookedAtAll ? .unknown : .rejected
            completion(.failure(RaftClientError(.connectionLost, outcome, error.message)))
        }
        onEnd?(error)
        onEnd = nil
    }
}
