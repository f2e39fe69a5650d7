public import NIOCore
public import RaftCore
public import RaftTracing
import RaftTransportUnix
import Synchronization

/// Serves clients over the client protocol (see `ClientProtocol.md`), on the event loop that the driver runs on, so that
/// a request costs no change of threads.
public final class ClientServer: Sendable {
    private let eventLoop: any EventLoop
    private let limits: ClientLimits
    private let tracer: Tracer
    private let hub: NIOLoopBoundBox<ClientHub>
    private let listeners = Mutex<[ListeningSocket]>([])

    /// - Parameters:
    ///   - raft: What is served.
    ///   - eventLoop: Where the driver of `raft` runs, so that requests and answers need no hop between threads.
    ///   - limits: With `RaftConfiguration.maximumCommandBytes` of `raft`.
    ///   - machine: What backups say of the machine: its name in configurations.
    public convenience init(
        raft: Raft<AnyStateMachine>, eventLoop: any EventLoop, tracer: Tracer, limits: ClientLimits,
        machine: String = ""
    ) {
        self.init(
            raft: raft, eventLoop: eventLoop, tracer: tracer, limits: limits, machine: machine,
            metrics: NodeMetrics(raft: raft, tracer: tracer))
    }

    convenience init(
        raft: Raft<AnyStateMachine>, eventLoop: any EventLoop, tracer: Tracer, limits: ClientLimits, machine: String,
        metrics: NodeMetrics
    ) {
        self.init(
            service: RaftClientService(raft: raft, machine: machine, metrics: metrics), eventLoop: eventLoop,
            tracer: tracer, limits: limits, tally: metrics.clients)
    }

    package init(
        service: any ClientService, eventLoop: any EventLoop, tracer: Tracer, limits: ClientLimits,
        tally: ClientTally = ClientTally()
    ) {
        self.eventLoop = eventLoop
        self.limits = limits
        self.tracer = tracer
        hub = .makeBoxSendingValue(
            ClientHub(service: service, limits: limits, eventLoop: eventLoop, tracer: tracer, tally: tally),
            eventLoop: eventLoop)
    }

    /// Listens on every address.
    /// - Parameter inherited: Sockets that another process bound (systemd), by the address they stand for.
    /// - Returns: the addresses, with the ports that the kernel chose where 0 was asked for.
    /// - Throws: `TransportError`, one line that says what would be right; nothing is listened on then.
    @discardableResult
    public func start(
        listening addresses: [RaftAddress], inherited: [RaftAddress: CInt] = [:]
    ) async throws -> [RaftAddress] {
        var options = SocketListener.Options()
        options.allowInsecureTCP = limits.allowInsecureTCP
        options.allowedUserIDs = limits.allowedUserIDs
        options.fileMode = limits.fileMode
        var bound: [RaftAddress] = []
        do {
            for address in addresses {
                options.inheritedDescriptor = inherited[address]
                let listener = try await SocketListener.listen(
                    on: address, eventLoop: eventLoop, options: options,
                    refused: { [hub] reason in hub.value.refused(reason, at: address) },
                    initializer: { [hub] channel in
                        channel.eventLoop.makeCompletedFuture { try hub.value.accepted(channel, at: address) }
                    })
                listeners.withLock { $0.append(listener) }
                bound.append(listener.address)
                tracer.info(
                    .listenerStarted, "clients are served at \(listener.address)", [.address("\(listener.address)")])
            }
        } catch {
            await stopListening()
            throw error
        }
        return bound
    }

    /// Changes how many clients may be connected, from the next one on, and how long a shutdown waits for answers.
    public func change(maximumConnections: Int, drainTimeout: Duration) {
        eventLoop.execute { [hub] in
            hub.value.limits.maximumConnections = maximumConnections
            hub.value.limits.drainTimeout = drainTimeout
        }
    }

    /// Accepts no more connections, answers what is under way, turns away the rest and closes; after
    /// `ClientLimits.drainTimeout` at the latest. Call it before the node is shut down. Idempotent.
    public func shutdown() async {
        await stopListening()
        // An event loop that is gone has no connections.
        try? await eventLoop.flatSubmit { [hub] in hub.value.drain() }.get()
    }

    private func stopListening() async {
        let listeners = listeners.withLock { listeners in
            defer { listeners = [] }
            return listeners
        }
        for listener in listeners { await listener.close() }
    }
}
