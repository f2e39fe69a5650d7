import NIOCore
public import RaftCore
import RaftMembership
import Synchronization

/// Carries envelopes between members over Unix domain sockets and TCP. `WireFormat.md` describes the bytes.
///
/// Each node dials every peer it is told of, and sends on the connection that it dialled; what the peer sends comes on
/// the connection that the peer dialled. Two connections for a pair need no agreement on which one survives, and each
/// side redials what it needs by itself. Only to a member that it was not told of, such as the leader that adds or forms
/// a cluster with this still empty node, a node answers on the connection which that member made.
///
/// A connection is good for both ends' identities at the time of the handshake: when one changes, it is closed and made
/// anew. Without a cluster identity that both share, formation messages only pass in either direction (rule M9).
///
/// Everything happens on the event loop of the environment. The methods may be called from any thread; from the loop,
/// where the driver is, they take effect at once.
public final class UnixTransport: Transport {
    private let addresses: [RaftAddress]
    private let options: UnixTransportOptions
    private let environment: EventLoopEnvironment
    private let trace: TransportTrace
    private let counters: TransportCounters
    private let switchboard: NIOLoopBoundBox<Switchboard>
    private let listening = Mutex(Listening())

    private struct Listening {
        var sockets: [ListeningSocket] = []
        var isShutDown = false
    }

    /// - Parameter addresses: where to listen.
    public init(
        context: TransportContext, listeningOn addresses: [RaftAddress], options: UnixTransportOptions,
        environment: EventLoopEnvironment
    ) {
        self.addresses = addresses
        self.options = options
        self.environment = environment
        let eventLoop = environment.eventLoop
        let trace = TransportTrace(tracer: context.tracer)
        let counters = TransportCounters()
        self.trace = trace
        self.counters = counters
        switchboard = .makeBoxSendingValue(
            Switchboard(
                node: context.node, options: options, environment: environment, trace: trace, counters: counters,
                maximumMessageBytes: context.maximumMessageBytes),
            eventLoop: eventLoop)
    }

    /// Where it listens, with the ports that the kernel chose; empty before `start` and after `shutdown`. Any thread.
    public var listeningAddresses: [RaftAddress] {
        listening.withLock { listening in listening.sockets.map(\.address) }
    }

    /// What went through so far. Any thread; the figures may be a moment old.
    public var statistics: TransportStatistics { counters.statistics }

    public var counts: TransportStatistics? { statistics }

    public func start(identity: NodeIdentity, receiver: any TransportReceiver) async throws {
        guard !addresses.isEmpty else {
            throw TransportError("no address to listen on: other members could not reach this node")
        }
        guard
            Hello(identity: identity, expected: 0).encode().count + FrameLayout.minimumLength
                <= FrameLayout.maximumHandshakeLength
        else {
            throw TransportError("the cluster's name and the client addresses do not fit into a greeting of 4 KiB")
        }
        onLoop { $0.start(identity: identity, receiver: receiver) }
        do {
            for address in addresses { try await listen(on: address) }
        } catch {
            await shutdown()
            throw error
        }
    }

    private func listen(on address: RaftAddress) async throws {
        var listener = SocketListener.Options()
        listener.allowInsecureTCP = options.allowInsecureTCP
        listener.allowedUserIDs = options.allowedUserIDs
        listener.fileMode = options.socketFileMode
        listener.broken = options.broken
        listener.inheritedDescriptor = options.inheritedDescriptors[address]
        let socket = try await SocketListener.listen(
            on: address, eventLoop: environment.eventLoop, options: listener,
            refused: { [switchboard] reason in switchboard.value.refusedStranger(reason) },
            initializer: { [switchboard] channel in
                channel.eventLoop.makeCompletedFuture { try switchboard.value.accepted(channel, on: address) }
            })
        let isLate = listening.withLock { listening in
            if !listening.isShutDown { listening.sockets.append(socket) }
            return listening.isShutDown
        }
        if isLate {
            await socket.close()
            throw TransportError("the transport was shut down while it started")
        }
        trace.listening(on: socket.address)
    }

    public func updateIdentity(_ identity: NodeIdentity) {
        onLoop { $0.updateIdentity(identity) }
    }

    public func updatePeers(_ peers: [Peer]) {
        onLoop { $0.updatePeers(peers) }
    }

    public func send(_ envelope: Envelope) {
        onLoop { $0.send(envelope) }
    }

    public func flush() {
        onLoop { $0.flush() }
    }

    public func shutdown() async {
        let sockets = listening.withLock { listening in
            listening.isShutDown = true
            defer { listening.sockets = [] }
            return listening.sockets
        }
        for socket in sockets { await socket.close() }
        await withCheckedContinuation { continuation in
            let isRunning = environment.lane.execute { [switchboard] in
                switchboard.value.shutdown().whenComplete { _ in continuation.resume() }
            }
            // The loop is gone, and its sockets with it.
            if !isRunning { continuation.resume() }
        }
    }

    private func onLoop(_ body: @escaping @Sendable (Switchboard) -> Void) {
        if environment.eventLoop.inEventLoop {
            body(switchboard.value)
        } else {
            environment.lane.execute { [switchboard] in body(switchboard.value) }
        }
    }
}
