import NIOCore
import NIOPosix
import RaftClient
import RaftCore

/// A cluster of processes under load through the leader's client socket.
struct ProcessLevel: Sendable {
    let parameters: BenchParameters
    let binaries: String?

    func run(in directory: WorkDirectory) async throws -> Measurement {
        let cluster = try ProcessCluster.start(parameters, binaries: binaries, in: directory)
        defer { cluster.stop() }
        let leader = try await cluster.leader()
        let address = try RaftAddress(leader.clientAddress)
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let failures = Failures()
        let histogram = LatencyHistogram()

        let connections = try await LoadGenerator.connect(
            to: address, count: min(4, parameters.clients), on: eventLoop)
        if parameters.readRatio > 0 {
            try await LoadGenerator.fill(connections, parameters, on: eventLoop)
        }
        let schedule = Schedule(seconds: parameters.duration)
        async let load: Void = LoadGenerator.run(
            connections, parameters, schedule, histogram, failures, on: eventLoop)
        let usage = try await Usage.measure(
            schedule, directory: directory, children: cluster.nodes.map(\.process), memoryOf: leader.process)
        try await load
        try await LoadGenerator.close(connections, on: eventLoop)
        return Measurement(
            latency: LatencyHistogram.summary(of: [histogram]), seconds: parameters.duration,
            errors: failures.count, firstError: failures.first, usage: usage)
    }
}
