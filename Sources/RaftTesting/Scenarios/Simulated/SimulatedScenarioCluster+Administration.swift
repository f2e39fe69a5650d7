import RaftCore
public import RaftMembership

// Calls of administrators, whose answers are held to the rules as well.
extension SimulatedScenarioCluster {
    public func change(_ changes: [MembershipChange]) async throws -> ScenarioOutcome {
        try order(of: cluster.leader) { life, driver, ended in
            core.change(ChangeRequest(changes, expected: nil), life, driver) { ended($0.map { _ in .done }) }
        }
    }

    public func transferLeadership(to target: NodeID?) async throws -> ScenarioOutcome {
        try order(of: cluster.leader) { life, driver, ended in
            core.transfer(life, driver, to: target, givesUp: false) { ended($0.map { _ in .done }) }
        }
    }

    public func compact(_ node: NodeID) async throws -> ScenarioOutcome {
        try order(of: try find(node)) { life, _, ended in
            core.askForSnapshot(life.node, compacts: true) { ended($0.map { _ in .done }) }
        }
    }

    /// Calls upon a node, and lets time pass until it has answered.
    private func order(
        of node: SimulatedNode?,
        _ call: (SimulatedLife, Driver, @escaping @Sendable (Result<ScenarioOutcome, RaftError>) -> Void) -> Void
    ) throws -> ScenarioOutcome {
        guard let life = node?.life, let driver = life.driver else { return .rejected("nobody is there to ask") }
        let outcome = Answer<ScenarioOutcome>()
        call(life, driver) { outcome.value = InProcessAnswer($0).outcome }
        try run(for: patience) { outcome.value != nil || life.isDead }
        return outcome.value ?? .unknown("no answer")
    }

    public func empty(_ node: NodeID) async throws {
        let node = try find(node)
        guard !node.isUp else { throw ScenarioFailure(.level, "node \(node.id) cannot be emptied: it runs") }
        core.empty(node)
    }
}
