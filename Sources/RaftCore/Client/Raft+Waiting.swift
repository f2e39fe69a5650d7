public import RaftMembership

extension Raft {
    /// Returns when this node knows a leader: itself, or another one.
    ///
    /// - Throws: `CancellationError` when the task is cancelled, `RaftError` of code `stopped` when the node ends first.
    @discardableResult
    public func waitForLeader() async throws -> NodeID {
        for await metrics in metrics {
            if let leader = metrics.leader { return leader.id }
        }
        try Task.checkCancellation()
        throw RaftError(.stopped, "the node has stopped")
    }
}
