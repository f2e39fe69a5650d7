import RaftThreads

/// Runs one row: what the machine allows first, then the load.
struct RowRunner: Sendable {
    var data: String?
    /// Where raftd is; nil for this program's own folder.
    var binaries: String?
    /// Whether what the machine allows is measured too.
    var measuresLimit = true

    func run(_ parameters: BenchParameters) async throws -> Row {
        try parameters.validate()
        let directory = try WorkDirectory.make(within: data, isUsed: parameters.storage == .lmdb)
        defer { directory.remove() }
        let limit = measuresLimit ? try await Limit.measure(parameters, in: directory) : .unmeasured
        let measurement: Measurement
        switch parameters.level {
        case .inprocess:
            let tracing = try RowTracing(parameters.tracing)
            defer { tracing.close() }
            let cluster = try await InProcessCluster.start(parameters, tracing, in: directory)
            do {
                let load = InProcessLoad(parameters: parameters, node: try await cluster.leader())
                measurement = try await load.run(in: directory)
                await cluster.shutdown()
            } catch {
                await cluster.shutdown()
                throw error
            }
        case .processes:
            measurement = try await ProcessLevel(parameters: parameters, binaries: binaries).run(in: directory)
        }
        return Row(parameters: parameters, measurement: measurement, limit: limit)
    }
}
