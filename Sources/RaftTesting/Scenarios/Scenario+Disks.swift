import RaftCore
import RaftMembership

extension Scenario {
    /// A follower is away for longer than the others' logs reach back, and catches up by a snapshot while clients write;
    /// then a leader ends right behind a snapshot (rules S1, S2, S5, S10).
    public static let compactUnderLoad = Scenario("Compact logs beyond what a dead follower holds, under load") { run in
        let leader = try await run.leader()
        guard let follower = run.others(than: leader).last else { return }
        try await run.cluster.kill(follower)
        // Whatever it holds it had from a log that is no longer than this one.
        var held: LogIndex?
        try await run.wait(for: "100 commits without node \(follower)") {
            guard let now = try await run.mostRecentLeader() else { return false }
            if held == nil { held = now.lastIndex }
            return held.map { now.commitIndex > $0 + 100 } ?? false
        }
        guard let held else { return }
        for node in run.others(than: follower) { try await run.compact(node, beyond: held) }
        try await run.cluster.start(follower)
        try await run.catchesUp(follower)
        if let purged = try await run.cluster.status(follower)?.purgedIndex, purged <= held {
            throw ScenarioFailure(.level, "node \(follower) caught up from entry \(purged) on: no snapshot was needed")
        }
        let next = try await run.leader()
        try await run.compact(next, beyond: try await run.cluster.status(next)?.purgedIndex ?? held)
        try await run.cluster.kill(next)
        _ = try await run.leader(among: run.others(than: next))
        try await run.serves("without node \(next)")
        try await run.cluster.start(next)
        try await run.catchesUp(next)
    }

    /// A follower comes back with nothing: it has no vote and is in no quorum, learns, and is given its vote back
    /// (rule M10). Then the leader is lost, so that the vote counts.
    public static let emptyOneDisk = Scenario("Empty the disk of a follower, under load") { run in
        let leader = try await run.leader()
        guard let victim = run.others(than: leader).last else { return }
        try await run.cluster.kill(victim)
        try await run.cluster.empty(victim)
        try await run.cluster.start(victim)
        try await run.wait(for: "node \(victim) is taken in again as a learner") {
            guard let membership = try await run.mostRecentLeader()?.membership?.membership else { return false }
            return try await run.cluster.status(victim)?.role == .learner && membership.kind(of: victim) == .learner
        }
        try await run.catchesUp(victim)
        try await run.serves("with node \(victim) as a learner")
        try await run.setMembers(run.nodes)
        let next = try await run.leader()
        try await run.cluster.kill(next)
        _ = try await run.leader(among: run.others(than: next))
        try await run.serves("without node \(next)")
        try await run.cluster.start(next)
        try await run.catchesUp(next)
    }
}
