import RaftCore
import RaftMetricsExport
import RaftThreads
import RaftTracing

/// Everything that a node publishes: what its `Raft` says, and what stands around that. Any thread.
final class NodeMetrics: Sendable {
    let clients = ClientTally()
    private let raft: Raft<AnyStateMachine>
    private let tracer: Tracer
    /// In seconds since 1970.
    private let started = Double(WallClock.nanoseconds() / 1_000_000) / 1000

    init(raft: Raft<AnyStateMachine>, tracer: Tracer) {
        self.raft = raft
        self.tracer = tracer
    }

    /// Calls back on the driver's lane.
    func report(_ completion: @escaping @Sendable (MetricReport) -> Void) {
        raft.statistics { [self] statistics in
            var report = MetricReport(statistics)
            report.add(.startTime, seconds: started)
            clients.add(to: &report)
            if let dropped = tracer.droppedRecords { report.add(.traceRecordsDropped, UInt64(max(0, dropped))) }
            completion(report)
        }
    }

    func report() async -> MetricReport {
        await withCheckedContinuation { continuation in report { continuation.resume(returning: $0) } }
    }
}
