import RaftCore
import RaftMembership
import RaftTracing
import Testing

@testable import RaftNode

@Suite("The status line", .timeLimit(.minutes(1)))
struct StatusLineTests {
    /// Of a leader of three, as a real one has it; only what the line shows is changed.
    private func metrics() async throws -> RaftMetrics {
        let node = try await Node.start(
            configuration: try load(
                nil,
                settings: [
                    "node.id=1", "members=1=unix:@raft-status-\(UInt64.random(in: 0...UInt64.max))",
                    "storage.module=memory",
                ]),
            registry: try builtins(), tracer: .silent)
        let address = try #require(node.configuration.listen.first)
        try await node.raft.bootstrap([1: address])
        var metrics = try await node.raft.wait(for: .leader)
        await node.shutdown()
        metrics.term = 7
        metrics.lastIndex = 5000
        metrics.commitIndex = 5000
        metrics.appliedIndex = 5000
        return metrics
    }

    @Test("says role, term, leader and lag, and changes only when there is something to see")
    func lines() async throws {
        var metrics = try await metrics()
        #expect(StatusLine.of(metrics) == "leader in term 7")
        metrics.role = .follower
        metrics.leader = LeaderHint(id: 2, clientAddresses: [])
        #expect(StatusLine.of(metrics) == "follower in term 7; node 2 leads; in step")
        metrics.appliedIndex = 4990
        #expect(StatusLine.of(metrics) == "follower in term 7; node 2 leads; in step")
        metrics.appliedIndex = 3333
        #expect(StatusLine.of(metrics) == "follower in term 7; node 2 leads; 1600 entries behind")
        metrics.role = .candidate
        metrics.leader = nil
        metrics.isDiskFull = true
        #expect(
            StatusLine.of(metrics) == "candidate in term 7; no leader known; 1600 entries behind; its disk is full")
        metrics.membership = Membership()
        #expect(StatusLine.of(metrics) == "belongs to no cluster yet")
    }
}
