import RaftMembership
import RaftTesting

/// A cluster that lies in one point, to see that the audit notices.
final class TamperedCluster: ScenarioCluster {
    private let inner: any ScenarioCluster
    var afterStopLoad: (ScenarioHistory) -> Void = { _ in }
    var tamperLeaders: ([Term: Set<NodeID>]) -> [Term: Set<NodeID>] = { $0 }
    var tamperContents: (NodeID?, inout [String: String]) -> Void = { _, _ in }

    init(_ inner: any ScenarioCluster) { self.inner = inner }

    var nodes: [NodeID] { inner.nodes }
    var spares: [NodeID] { inner.spares }
    var now: UInt64 { inner.now }
    var history: ScenarioHistory { inner.history }
    var keepsTime: Bool { inner.keepsTime }
    func start(_ node: NodeID) async throws { try await inner.start(node) }
    func kill(_ node: NodeID) async throws { try await inner.kill(node) }
    func pause(_ node: NodeID) async throws { try await inner.pause(node) }
    func resume(_ node: NodeID) async throws { try await inner.resume(node) }
    func cut(from source: NodeID, to target: NodeID) async throws { try await inner.cut(from: source, to: target) }
    func heal() async throws { try await inner.heal() }
    func address(of node: NodeID) -> String { inner.address(of: node) }
    func empty(_ node: NodeID) async throws { try await inner.empty(node) }
    func compact(_ node: NodeID) async throws -> ScenarioOutcome { try await inner.compact(node) }
    func status(_ node: NodeID) async throws -> ScenarioStatus? { try await inner.status(node) }
    func startLoad(_ load: ScenarioLoad) async throws { try await inner.startLoad(load) }

    func perform(
        _ operation: ScenarioOperation, at node: NodeID?, as process: Int
    ) async throws -> ScenarioOutcome {
        try await inner.perform(operation, at: node, as: process)
    }

    func change(_ changes: [MembershipChange]) async throws -> ScenarioOutcome { try await inner.change(changes) }

    func transferLeadership(to target: NodeID?) async throws -> ScenarioOutcome {
        try await inner.transferLeadership(to: target)
    }

    func contents(of node: NodeID?) async throws -> [String: String] {
        var contents = try await inner.contents(of: node)
        tamperContents(node, &contents)
        return contents
    }

    func stopLoad() async throws {
        try await inner.stopLoad()
        afterStopLoad(inner.history)
    }

    func advance(_ what: String, until condition: () async throws -> Bool) async throws {
        try await inner.advance(what, until: condition)
    }

    func leadersByTerm() async throws -> [Term: Set<NodeID>] { tamperLeaders(try await inner.leadersByTerm()) }
}
