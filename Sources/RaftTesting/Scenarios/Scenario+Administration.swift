import RaftMembership

extension Scenario {
    /// Leadership is handed to a follower that is named, to the best one, and to every member in turn: each time it goes
    /// there, and nobody campaigns who was not asked to (rules T1, T2).
    public static let handOverLeadership = Scenario("Hand leadership over to one after the other, under load") { run in
        let leader = try await run.leader()
        let elections = try await run.cluster.leadersByTerm().count
        var calls = 0
        var targets: [NodeID?] = [run.others(than: leader).last, nil]
        targets += run.nodes.map(Optional.some)
        for target in targets {
            calls += try await run.handOver(to: target)
            try await run.serves("after leadership went to \(target.map { "node \($0)" } ?? "the best member")")
        }
        guard run.cluster.keepsTime else { return }
        let won = try await run.cluster.leadersByTerm().count - elections
        if won > calls {
            throw ScenarioFailure(.needlessElection, "\(calls) calls to hand leadership over led to \(won) elections")
        }
    }

    /// Every member, the leader as well, gives its place to an empty node, by one change each (rules M3, M4, M6).
    public static let replaceEveryMember = Scenario(
        "Replace every member by a fresh node, one after the other, under load", needsSpares: true
    ) { run in
        let newcomers = Array(run.cluster.spares.prefix(run.nodes.count))
        for (old, new) in zip(run.nodes, newcomers) {
            try await run.cluster.start(new)
            try await run.setMembers(run.others(than: old) + [new])
            try await run.dismiss(old)
            try await run.serves("with node \(new) in the place of node \(old)")
        }
    }

    /// Members leave until one is left that did not lead, come back with their data, along with fresh ones, and leave
    /// again, all in one change (rules M1, M3, M4, M6, M7).
    public static let growAndShrink = Scenario(
        "Shrink to one member, grow to five and shrink to one, under load", needsSpares: true
    ) { run in
        let leader = try await run.leader()
        guard let first = run.others(than: leader).first else { return }
        let former = run.others(than: first)
        for node in former {
            try await run.setMembers(run.others(than: node))
            try await run.dismiss(node)
            try await run.serves("after node \(node) has left")
        }
        // Of both kinds: those that were members before, and those that never were.
        let newcomers = former.prefix(2) + run.cluster.spares.filter { !former.contains($0) }.prefix(2)
        for node in newcomers {
            try await run.cluster.start(node)
            try await run.setMembers(run.nodes + [node])
            try await run.serves("with node \(node)")
        }
        let last = try await run.leader()
        guard let second = run.others(than: last).last else { return }
        let leaving = run.others(than: second)
        try await run.setMembers([second])
        try await run.serves("with nobody but node \(second)")
        for node in leaving { try await run.dismiss(node) }
    }
}
