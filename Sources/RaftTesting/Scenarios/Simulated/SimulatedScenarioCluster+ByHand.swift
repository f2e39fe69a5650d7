public import RaftMembership

// What no other level can do. With these a simulated cluster is led through a single story by hand:
//
//     let cluster = try SimulatedScenarioCluster(seed: 7)
//     for node in cluster.nodes { try await cluster.start(node) }
//     let leader = try await cluster.leader()
//     try cluster.slowDisk(of: leader, by: .seconds(1))
//     try cluster.pass(.seconds(10))
extension SimulatedScenarioCluster {
    /// Lets simulated time pass, whatever happens in it. Costs what happens, not how long it lasts: a hundred quiet days
    /// with rare heartbeats are over in a moment.
    /// - Throws: `ScenarioFailure` of kind `property` when one does not hold meanwhile.
    public func pass(_ span: Duration) throws { try run(for: span.wholeNanoseconds) }

    /// Makes every write of a node take so much longer that is submitted from now on, until this is called with zero.
    /// Outlasts the node's processes, as a disk does.
    /// - Throws: `ScenarioFailure` of kind `level` when there is no such node.
    public func slowDisk(of node: NodeID, by delay: Duration) throws {
        try find(node).disk.extraDelay = delay.wholeNanoseconds
    }

    /// Has a node that runs end as by `kill`, just before one of the next things that it does to the world: a message that
    /// it sends, a write, a timer that it sets, work that it hands to a lane. With every number in turn a node is killed
    /// at every point of a story; `status` says whether it has come that far. A node started again is left alone.
    /// - Parameter number: how many of these things the process still does; none for zero.
    /// - Throws: `ScenarioFailure` of kind `level` when there is no such node, or when it does not run.
    public func kill(_ node: NodeID, afterEffects number: Int) throws {
        guard let life = try find(node).life else {
            throw ScenarioFailure(.level, "node \(node) cannot be killed: it does not run")
        }
        life.boundariesLeft = max(0, number)
    }
}

extension Duration {
    /// Zero when it is negative; at most some three hundred years, which a clock that begins with the simulation can
    /// take.
    var wholeNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return UInt64(min(seconds, 10_000_000_000 - 1)) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }
}
