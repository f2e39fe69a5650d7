import RaftCore
import RaftMembership

extension Scenario {
    /// A follower hears the leader, and its answers are lost: the others are a quorum without it.
    public static let followerCannotReachLeader = Scenario(
        "Cut the link from one follower to the leader, under load"
    ) { run in
        try await cutOneLink(run) { leader, follower in (from: follower, to: leader) }
    }

    /// A follower does not hear the leader and would stand for election; the others, who hear it, refuse (rule V9).
    public static let leaderCannotReachFollower = Scenario(
        "Cut the link from the leader to one follower, under load"
    ) { run in
        try await cutOneLink(run) { leader, follower in (from: leader, to: follower) }
    }

    private static func cutOneLink(
        _ run: ScenarioRun, _ direction: (_ leader: NodeID, _ follower: NodeID) -> (from: NodeID, to: NodeID)
    ) async throws {
        let leader = try await run.leader()
        guard let follower = run.others(than: leader).last else { return }
        let term = try await run.cluster.status(leader)?.term
        let mark = try await run.cluster.status(leader)?.matchIndexes[follower] ?? .zero
        let cut = direction(leader, follower)
        try await run.cluster.cut(from: cut.from, to: cut.to)
        // Long enough for the follower to have fallen behind in the leader's eyes, whoever leads by then.
        try await run.wait(for: "commits without node \(follower)") {
            guard let now = try await run.mostRecentLeader() else { return false }
            return now.commitIndex > mark + 100
                && (now.term != term || (now.matchIndexes[follower] ?? .zero) + 50 < now.commitIndex)
        }
        try await run.serves("with the link from \(cut.from) to \(cut.to) cut", writes: 100)
        if run.cluster.keepsTime, let now = try await run.mostRecentLeader(), now.term != term {
            throw ScenarioFailure(
                .overdue, "one cut link moved the leadership from term \(term.map { "\($0)" } ?? "?") to \(now.term)")
        }
        try await run.cluster.heal()
        try await run.catchesUp(follower)
    }

    /// The leader is cut off from everybody, and still reachable for clients: it steps down (rule V9) and its
    /// unacknowledged entries give way to its successor's.
    public static let partitionTheLeaderAway = Scenario("Partition the leader away and heal, under load") { run in
        for _ in 1...2 {
            let old = try await run.leader()
            for other in run.others(than: old) {
                try await run.cluster.cut(from: old, to: other)
                try await run.cluster.cut(from: other, to: old)
            }
            _ = try await run.leader(among: run.others(than: old))
            try await run.serves("with node \(old) parted")
            try await run.wait(for: "node \(old) steps down") {
                try await run.cluster.status(old).map { $0.role != .leader } ?? false
            }
            try await run.cluster.heal()
            try await run.catchesUp(old)
        }
    }
}
