package import RaftMetricsExport

extension Node {
    /// Every metric that a node publishes, as a table in Markdown: the one that the documentation holds.
    public static var metricsTable: String { Metric.markdown }

    /// All that it publishes now.
    package func metricsReport() async -> MetricReport { await metrics.report() }
}
