import RaftCore
public import RaftMembership

// What administrators do. As they would, they ask again until it is done.
extension ScenarioRun {
    /// Has exactly these nodes be the members, all of them voters, by one change of what is not so yet.
    public func setMembers(_ goal: [NodeID]) async throws {
        var answer: ScenarioOutcome?
        do {
            try await wait(for: "the members are \(names(goal))") {
                guard let membership = try await mostRecentLeader()?.membership?.membership, !membership.isJoint else {
                    return false
                }
                let wishes = wishes(goal, membership)
                if wishes.isEmpty { return true }
                answer = try await cluster.change(wishes)
                return false
            }
        } catch let failure as ScenarioFailure where failure.kind == .overdue {
            throw ScenarioFailure(.overdue, "\(failure.message); the last answer: \(answer.map { "\($0)" } ?? "none")")
        }
    }

    private func wishes(_ goal: [NodeID], _ now: Membership) -> [MembershipChange] {
        var wishes: [MembershipChange] = []
        for id in goal where !now.isVoter(id) {
            wishes.append(now.slot(of: id) == nil ? .add(id, addresses: [cluster.address(of: id)]) : .promote(id))
        }
        for record in now.members where !goal.contains(record.member.id) { wishes.append(.remove(record.member.id)) }
        return wishes
    }

    private func names(_ nodes: [NodeID]) -> String { nodes.sorted().map(\.description).joined(separator: ", ") }

    /// Waits until a node that was removed knows it (rule M6), and stops it.
    public func dismiss(_ node: NodeID) async throws {
        try await wait(for: "node \(node) knows that it was removed") {
            try await cluster.status(node)?.role == .removed
        }
        try await cluster.kill(node)
    }

    /// Has leadership go to a node, or to the one that suits best, and away from who has it.
    /// - Returns: how many calls that took: none when it is there already.
    @discardableResult
    public func handOver(to target: NodeID?) async throws -> Int {
        let old = try await leader()
        var calls = 0
        try await wait(for: "leadership goes to \(target.map { "node \($0)" } ?? "another node")") {
            guard let now = try await cluster.currentLeader()?.id else { return false }
            if let target, now == target { return true }
            if target == nil, now != old { return true }
            calls += 1
            _ = try await cluster.transferLeadership(to: target)
            return false
        }
        return calls
    }

    /// Has a node take a snapshot and cut its log behind it, until the entry at `index` is gone.
    public func compact(_ node: NodeID, beyond index: LogIndex) async throws {
        try await wait(for: "node \(node) compacts its log beyond entry \(index)") {
            if let status = try await cluster.status(node), status.purgedIndex > index { return true }
            _ = try await cluster.compact(node)
            return false
        }
    }
}
