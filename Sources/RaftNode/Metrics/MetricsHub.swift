import NIOCore
import RaftMetricsExport

/// The connections of a server for metrics. Used on its loop.
final class MetricsHub {
    let eventLoop: any EventLoop
    let limits: MetricsLimits
    let ask: @Sendable (@escaping @Sendable (MetricReport) -> Void) -> Void
    private var connections: [ObjectIdentifier: MetricsConnection] = [:]

    init(
        eventLoop: any EventLoop, limits: MetricsLimits,
        ask: @escaping @Sendable (@escaping @Sendable (MetricReport) -> Void) -> Void
    ) {
        self.eventLoop = eventLoop
        self.limits = limits
        self.ask = ask
    }

    /// Whether there is one connection too many, the one that asks included.
    var isFull: Bool { connections.count > limits.maximumConnections }

    func accepted(_ channel: any Channel) throws {
        let connection = MetricsConnection(hub: self)
        // A request may be all that a client has to say.
        try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
        try channel.pipeline.syncOperations.addHandler(connection)
        connections[ObjectIdentifier(connection)] = connection
    }

    func ended(_ connection: MetricsConnection) { connections[ObjectIdentifier(connection)] = nil }

    func closeAll() { for connection in connections.values { connection.close() } }
}
