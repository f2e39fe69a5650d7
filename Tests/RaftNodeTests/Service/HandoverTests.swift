import RaftCore
import RaftMembership
import RaftTracing
import Testing

@testable import RaftNode

@Suite("A leader that is to stop", .timeLimit(.minutes(1)))
struct HandoverTests {
    /// Three nodes, with the membership committed.
    private func withCluster(
        settings: [String] = [], _ body: ([Node], [MemorySink], Int) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let members = (1...3).map { "\($0)=unix:\(directory)/\($0).sock" }.joined(separator: ",")
            var nodes: [Node] = []
            var sinks: [MemorySink] = []
            for id in 1...3 {
                let own = [
                    "node.id=\(id)", "members=\(members)", "storage.module=memory", "bootstrap=true",
                    // So long that a busy machine causes none.
                    "raft.election=1s..2s",
                ]
                sinks.append(MemorySink())
                nodes.append(
                    try await Node.start(
                        configuration: try load(nil, settings: own + settings), registry: try builtins(),
                        tracer: Tracer(sink: sinks[id - 1], level: .info)))
            }
            try await withThrowingTaskGroup(of: Void.self) { [nodes, sinks] group in
                for node in nodes { group.addTask { try await node.run() } }
                let leader = try await nodes[0].raft.waitForLeader()
                for node in nodes { try await node.raft.waitForVoters([1, 2, 3]) }
                try await body(nodes, sinks, Int(leader.rawValue) - 1)
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }

    @Test("hands over first: another leads before anybody had to miss it (T1)")
    func handover() async throws {
        try await withCluster { nodes, sinks, leader in
            let term = await nodes[leader].raft.metricsNow().term
            await nodes[leader].handOver()
            let ended = sinks[leader].events(of: .transferEnded)
            #expect(ended.count == 1 && ended.first?.message.contains("was handed to") == true)
            let successor = try #require(await nodes[leader].raft.metricsNow().leader)
            #expect(successor.id != nodes[leader].configuration.id)
            let metrics = await nodes[Int(successor.id.rawValue) - 1].raft.metricsNow()
            #expect(metrics.role == .leader && metrics.term == term.next)
            // Whoever does not lead has nothing to hand over.
            await nodes[leader].handOver()
            #expect(sinks[leader].events(of: .transferStarted).count == 1)
        }
    }

    @Test("hands over to nobody where it is told to leave at once")
    func none() async throws {
        try await withCluster(settings: ["node.handover=0s"]) { nodes, sinks, leader in
            await nodes[leader].handOver()
            #expect(sinks[leader].events(of: .transferStarted).isEmpty)
            #expect(await nodes[leader].raft.metricsNow().role == .leader)
        }
    }

    @Test("waits for the others no longer than it is told to, and says so")
    func others() async throws {
        try await withCluster(settings: ["node.handover=100ms"]) { nodes, sinks, leader in
            for (position, node) in nodes.enumerated() where position != leader { await node.shutdown() }
            await nodes[leader].handOver()
            #expect(sinks[leader].events(of: .handoverFailed).count == 1)
        }
    }

    @Test("and votes alone, leaves at once")
    func alone() async throws {
        try await withTemporaryDirectory { directory in
            let sink = MemorySink()
            let node = try await Node.start(
                configuration: try load(
                    nil, settings: ["node.id=1", "members=1=unix:\(directory)/1.sock", "storage.module=memory"]),
                registry: try builtins(), tracer: Tracer(sink: sink, level: .info))
            try await node.raft.bootstrap([1: "unix:\(directory)/1.sock"])
            try await node.raft.waitForLeader()
            await node.handOver()
            #expect(sink.events(of: .transferStarted).isEmpty && sink.events(of: .handoverFailed).isEmpty)
            await node.shutdown()
        }
    }
}
