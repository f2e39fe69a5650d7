extension Scenario {
    /// The leader is killed, twice, and comes back.
    public static let loseTheLeader = Scenario("Lose the leader under load") { run in
        for _ in 1...2 {
            let leader = try await run.leader()
            try await run.cluster.kill(leader)
            _ = try await run.leader(among: run.others(than: leader))
            try await run.serves("without node \(leader)")
            try await run.cluster.start(leader)
            try await run.catchesUp(leader)
        }
    }

    /// Each node in turn is killed and started again.
    public static let restartOneAfterTheOther = Scenario("Restart everybody, one after the other, under load") { run in
        for node in run.nodes {
            try await run.cluster.kill(node)
            try await run.serves("without node \(node)")
            try await run.cluster.start(node)
            try await run.catchesUp(node)
        }
    }

    /// All nodes are killed before any of them starts again.
    public static let restartAllAtOnce = Scenario("Restart everybody at once, under load") { run in
        for _ in 1...2 {
            for node in run.nodes { try await run.cluster.kill(node) }
            for node in run.nodes { try await run.cluster.start(node) }
            _ = try await run.leader()
            try await run.serves("after the restart")
        }
    }

    /// The leader sleeps while others write, and wakes up believing that it leads: it must not answer from the past
    /// (rules R1, R2). Readers ask it all the time.
    public static let pauseTheLeader = Scenario("Pause the leader while others write") { run in
        for _ in 1...2 {
            let sleeper = try await run.leader()
            try await run.cluster.pause(sleeper)
            _ = try await run.leader(among: run.others(than: sleeper))
            try await run.serves("while node \(sleeper) sleeps")
            try await run.cluster.resume(sleeper)
            try await run.catchesUp(sleeper)
        }
    }
}
