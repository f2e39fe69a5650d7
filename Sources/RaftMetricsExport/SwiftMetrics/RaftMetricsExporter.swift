public import CoreMetrics
public import RaftCore
import Synchronization

/// Publishes what a node does through swift-metrics, to whichever backend the program has bootstrapped.
///
/// ```swift
/// let exporter = RaftMetricsExporter(raft)
/// await exporter.run(every: .seconds(10))
/// ```
///
/// Names are those of the article on metrics, for every backend. A counter is raised by what came since the last look. A
/// histogram was counted already, so it is published as Prometheus has it: counters `…_bucket` with the label `le`, `…_count`
/// and `…_sum`. The node pays for a look, and for nothing between two. Any task.
public final class RaftMetricsExporter: Sendable {
    private let look: @Sendable () async -> MetricReport
    private let published: Mutex<PublishedMetrics>

    /// - Parameters:
    ///   - dimensions: of everything that is published, beside its own; by default the node's id, which tells the nodes of
    ///     one process apart.
    ///   - factory: the backend; by default the one bootstrapped, or bound to the present task.
    public convenience init<Machine>(
        _ raft: Raft<Machine>, dimensions: [(String, String)]? = nil,
        factory: any MetricsFactory = MetricsSystem.factory
    ) {
        self.init(dimensions: dimensions ?? [("node", "\(raft.driver.node)")], factory: factory) {
            MetricReport(await raft.statistics())
        }
    }

    package init(
        dimensions: [(String, String)], factory: any MetricsFactory,
        _ look: @escaping @Sendable () async -> MetricReport
    ) {
        self.look = look
        published = Mutex(PublishedMetrics(factory: factory, dimensions: dimensions))
    }

    /// Publishes once.
    public func export() async {
        let report = await look()
        published.withLock { $0.publish(report) }
    }

    /// Publishes now and then, until its task is cancelled.
    public func run(every interval: Duration = .seconds(10)) async {
        while !Task.isCancelled {
            await export()
            // Ends early when the task is cancelled, which the loop finds out.
            try? await Task.sleep(for: interval)
        }
    }
}
