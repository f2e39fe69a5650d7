import NIOCore
package import RaftCore
import RaftMetricsExport
import RaftTracing
import RaftTransportUnix
import Synchronization

/// Serves `GET /metrics` over HTTP/1.1, one request a connection.
package final class MetricsServer: Sendable {
    private let eventLoop: any EventLoop
    private let limits: MetricsLimits
    private let tracer: Tracer
    private let hub: NIOLoopBoundBox<MetricsHub>
    private let listeners = Mutex<[ListeningSocket]>([])

    /// - Parameters:
    ///   - eventLoop: one that nothing important runs on.
    ///   - ask: has the node report; calls back on any thread.
    init(
        eventLoop: any EventLoop, limits: MetricsLimits, tracer: Tracer,
        ask: @escaping @Sendable (@escaping @Sendable (MetricReport) -> Void) -> Void
    ) {
        self.eventLoop = eventLoop
        self.limits = limits
        self.tracer = tracer
        hub = .makeBoxSendingValue(MetricsHub(eventLoop: eventLoop, limits: limits, ask: ask), eventLoop: eventLoop)
    }

    /// Listens on every address.
    /// - Returns: the addresses, with the ports that the kernel chose where 0 was asked for.
    /// - Throws: `TransportError`, one line that says what would be right; nothing is listened on then.
    @discardableResult
    package func start(listening addresses: [RaftAddress]) async throws -> [RaftAddress] {
        var options = SocketListener.Options()
        options.allowInsecureTCP = limits.allowInsecureTCP
        var bound: [RaftAddress] = []
        do {
            for address in addresses {
                let listener = try await SocketListener.listen(
                    on: address, eventLoop: eventLoop, options: options,
                    refused: { [tracer] reason in
                        tracer.notice(.clientRefused, "a collector was turned away: \(reason)", [.reason(reason)])
                    },
                    initializer: { [hub] channel in
                        channel.eventLoop.makeCompletedFuture { try hub.value.accepted(channel) }
                    })
                listeners.withLock { $0.append(listener) }
                bound.append(listener.address)
                tracer.info(
                    .listenerStarted, "metrics are served at \(listener.address)", [.address("\(listener.address)")])
            }
        } catch {
            await stopListening()
            throw error
        }
        return bound
    }

    /// Accepts no more and closes. Idempotent.
    package func shutdown() async {
        await stopListening()
        // An event loop that is gone has no connections.
        try? await eventLoop.submit { [hub] in hub.value.closeAll() }.get()
    }

    private func stopListening() async {
        let listeners = listeners.withLock { listeners in
            defer { listeners = [] }
            return listeners
        }
        for listener in listeners { await listener.close() }
    }
}
