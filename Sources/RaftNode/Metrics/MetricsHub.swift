import NIOCore
import RaftCore
import RaftMetricsExport

/// The connections of a server for metrics. Used on its loop.
final class MetricsHub {
    let eventLoop: any EventLoop
    let limits: MetricsLimits
    let ask: @Sendable (@escaping @Sendable (MetricReport) -> Void) -> Void
    private var connections: [ObjectIdentifier: MetricsConnection] = [:]
    private var servedCount = 0

    init(
        eventLoop: any EventLoop, limits: MetricsLimits,
        ask: @escaping @Sendable (@escaping @Sendable (MetricReport) -> Void) -> Void
    ) {
        self.eventLoop = eventLoop
        self.limits = limits
        self.ask = ask
    }

    func accepted(_ channel: any Channel) throws {
        // Those that are turned away are heard to their end too, and are not without bound either.
        guard connections.count < 4 * limits.maximumConnections else {
            throw TransportError("there are \(connections.count) connections already")
        }
        let connection = MetricsConnection(hub: self, isServed: servedCount < limits.maximumConnections)
        // A request may be all that a client has to say.
        try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
        try channel.pipeline.syncOperations.addHandler(connection)
        connections[ObjectIdentifier(connection)] = connection
        if connection.isServed { servedCount += 1 }
    }

    func ended(_ connection: MetricsConnection) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        if connection.isServed { servedCount -= 1 }
    }

    func closeAll() { for connection in connections.values { connection.close() } }
}
