import RaftThreads

/// Runs one row: what the machine allows first, then the load.
struct RowRunner: Sendable {
    var data: String?
    /// Where raftd is; nil for this program's own folder.
    var binaries: String?

    func run(_ parameters: BenchParameters) async throws -> Row {
        try parameters.validate()
        let directory = try WorkDirectory.make(within: data, isUsed: parameters.storage == .lmdb)
        defer { directory.remove() }
        let limit = try await Limit.measure(parameters, in: directory)
        let measurement: Measurement
        switch parameters.level {
        case .inprocess:
            let cluster = try await InProcessCluster.start(parameters, in: directory)
            do {
                measurement = try await InProcessLoad(parameters: parameters, node: cluster.leader())
                    .run(in: directory)
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
