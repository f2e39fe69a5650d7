import RaftCore
import RaftMetricsExport
import RaftThreads
import RaftTracing

/// Everything that a node publishes: what its `Raft` says, and what stands around that. Any thread.
final class NodeMetrics: Sendable {
    let clients = ClientTally()
    private let raft: Raft<AnyStateMachine>
    private let sink: (any CountingSink)?
    /// In seconds since 1970.
    private let started = Double(WallClock.nanoseconds() / 1_000_000) / 1000

    /// - Parameter sink: where the node's trace records go, if this made it.
    init(raft: Raft<AnyStateMachine>, sink: (any TraceSink)? = nil) {
        self.raft = raft
        self.sink = sink as? any CountingSink
    }

    /// Calls back on the driver's lane.
    func report(_ completion: @escaping @Sendable (MetricReport) -> Void) {
        raft.statistics { [self] statistics in
            var report = MetricReport(statistics)
            report.add(.startTime, seconds: started)
            clients.add(to: &report)
            if let sink { report.add(.traceRecordsDropped, UInt64(max(0, sink.droppedRecords))) }
            completion(report)
        }
    }

    func report() async -> MetricReport {
        await withCheckedContinuation { continuation in report { continuation.resume(returning: $0) } }
    }
}
