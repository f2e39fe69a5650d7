import RaftCore
import RaftMembership

extension Scenario {
    /// A follower hears the leader, and its answers are lost: the others are a quorum without it.
    public static let followerCannotReachLeader = Scenario(
        "Cut the link from one follower to the leader, under load", cutsLinks: true
    ) { run in
        try await cutOneLink(run) { leader, follower in (from: follower, to: leader) }
    }

    /// A follower does not hear the leader and would stand for election; the others, who hear it, refuse (rule V9).
    public static let leaderCannotReachFollower = Scenario(
        "Cut the link from the leader to one follower, under load", cutsLinks: true
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
                .needlessElection,
                "one cut link moved the leadership from term \(term.map { "\($0)" } ?? "?") to \(now.term)")
        }
        try await run.cluster.heal()
        try await run.catchesUp(follower)
    }

    /// The leader is cut off from everybody, and still reachable for clients: it steps down (rule V9) and its
    /// unacknowledged entries give way to its successor's.
    public static let partitionTheLeaderAway = Scenario(
        "Partition the leader away and heal, under load", cutsLinks: true
    ) { run in
        for _ in 1...2 {
            let old = try await run.leader()
            try await part(old, run)
            _ = try await run.leader(among: run.others(than: old))
            try await run.serves("with node \(old) parted")
            try await run.wait(for: "node \(old) steps down") {
                try await run.cluster.status(old).map { $0.role != .leader } ?? false
            }
            try await run.cluster.heal()
            try await run.catchesUp(old)
        }
    }

    /// The leader sleeps and is parted from everybody: when it wakes, nobody can tell it that others have written
    /// meanwhile. It must find out by itself that it cannot answer (rules R1, R2). Readers ask it all the time.
    public static let partAndPauseTheLeader = Scenario(
        "Part the leader, and let it sleep while others write", cutsLinks: true
    ) { run in
        for _ in 1...2 {
            let sleeper = try await run.leader()
            try await part(sleeper, run)
            try await run.cluster.pause(sleeper)
            _ = try await run.leader(among: run.others(than: sleeper))
            try await run.serves("while node \(sleeper) sleeps", writes: 100)
            try await run.cluster.resume(sleeper)
            try await run.wait(for: "node \(sleeper) steps down") {
                try await run.cluster.status(sleeper).map { $0.role != .leader } ?? false
            }
            try await run.cluster.heal()
            try await run.catchesUp(sleeper)
        }
    }

    private static func part(_ node: NodeID, _ run: ScenarioRun) async throws {
        for other in run.others(than: node) {
            try await run.cluster.cut(from: node, to: other)
            try await run.cluster.cut(from: other, to: node)
        }
    }
}
