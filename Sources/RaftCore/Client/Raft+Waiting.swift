public import RaftMembership
import Synchronization

/// Set by the alarm of a wait, read behind the end of its stream.
private final class Overdue: Sendable {
    let flag = Atomic<Bool>(false)
}

extension Raft {
    /// Returns when this node knows a leader: itself, or another one.
    ///
    /// - Throws: `CancellationError` when the task is cancelled, `RaftError` of code `stopped` when the node ends first.
    @discardableResult
    public func waitForLeader() async throws -> NodeID {
        let metrics = try await waitFor { $0.leader != nil }
        guard let leader = metrics.leader else { throw Self.stopped }
        return leader.id
    }

    /// Returns when this node's machine has applied everything up to `index`.
    ///
    /// - Throws: as `waitFor`.
    public func waitForApplied(_ index: LogIndex, atMost timeout: Duration? = nil) async throws {
        try await waitFor(atMost: timeout) { $0.appliedIndex >= index }
    }

    /// Returns when the membership has these voters, is committed and not joint.
    ///
    /// - Throws: as `waitFor`.
    public func waitForVoters(_ voters: [NodeID], atMost timeout: Duration? = nil) async throws {
        let voters = voters.sorted()
        try await waitFor(atMost: timeout) {
            $0.membership.voters == voters && !$0.membership.isJoint && $0.isMembershipCommitted
        }
    }

    /// Returns the first state of this node for which `condition` holds: the present one, or a later one. Some states
    /// between may go unseen.
    ///
    /// - Parameter timeout: on the node's own clock; nil to wait without end.
    /// - Throws: `CancellationError` when the task is cancelled, `RaftError` of code `timedOut`, or of code `stopped` when
    ///   the node ends first.
    @discardableResult
    public func waitFor(
        atMost timeout: Duration? = nil, _ condition: @Sendable (RaftMetrics) -> Bool
    ) async throws -> RaftMetrics {
        let (stream, continuation) = AsyncStream.makeStream(of: RaftMetrics.self, bufferingPolicy: .bufferingNewest(1))
        subscribe(continuation)
        let lane = driver.environment.driverLane
        let isOverdue = Overdue()
        let alarm = Job {
            isOverdue.flag.store(true, ordering: .relaxed)
            continuation.finish()
        }
        if let timeout { lane.schedule(alarm, at: driver.environment.now() + Self.nanoseconds(timeout)) }
        defer {
            if timeout != nil { lane.schedule(alarm, at: .distantFuture) }
        }
        for await metrics in stream {
            if condition(metrics) { return metrics }
        }
        try Task.checkCancellation()
        guard let timeout, isOverdue.flag.load(ordering: .relaxed) else { throw Self.stopped }
        throw RaftError(.timedOut, "what was waited for did not come within \(timeout)")
    }

    static func nanoseconds(_ duration: Duration) -> UInt64 {
        let (seconds, attoseconds) = duration.components
        return UInt64(max(0, min(seconds, 1 << 32))) * 1_000_000_000 + UInt64(max(0, attoseconds) / 1_000_000_000)
    }
}
