import Foundation
import RaftClient
import RaftCore
import RaftMembership
import RaftTesting

// As `raftctl` does it: a client for each call, which finds the leader.
extension ProcessScenarioCluster {
    func change(_ changes: [MembershipChange]) async throws -> ScenarioOutcome {
        try await order { _ = try await $0.change(changes) }
    }

    func transferLeadership(to target: NodeID?) async throws -> ScenarioOutcome {
        try await order { _ = try await $0.transferLeadership(to: target) }
    }

    func compact(_ node: NodeID) async throws -> ScenarioOutcome {
        try await order(of: node) { _ = try await $0.snapshot(compacting: true) }
    }

    /// - Parameter node: nil for whoever leads.
    private func order(
        of node: NodeID? = nil, _ call: (RaftClient) async throws -> Void
    ) async throws -> ScenarioOutcome {
        let endpoints = node.map { [number($0)] } ?? processes.ids + processes.spares
        let client = try processes.client(endpoints, followsLeader: node == nil, timeout: time.patience)
        let outcome: ScenarioOutcome
        do {
            try await call(client)
            outcome = .done
        } catch let error as RaftClientError where error.outcome == .rejected {
            outcome = .rejected("\(error)")
        } catch {
            outcome = .unknown("\(error)")
        }
        await client.close()
        return outcome
    }

    func empty(_ node: NodeID) async throws {
        guard processes.nodes[number(node)]?.isRunning != true else {
            throw ScenarioFailure(.level, "node \(node) cannot be emptied: it runs")
        }
        try FileManager.default.removeItem(at: processes.path("\(number(node))"))
    }
}
