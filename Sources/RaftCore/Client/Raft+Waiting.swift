public import RaftMembership
import Synchronization

/// Set by the alarm of a wait, read behind the end of its stream.
private final class Overdue: Sendable {
    let flag = Atomic<Bool>(false)
}

extension Raft {
    // MARK: Waiting

    /// Returns the first state of this node in which `condition` holds: the present one, or a later one. Some states between
    /// may go unseen. Neither polls nor sleeps: each change of the node is looked at.
    ///
    /// - Parameter timeout: on the node's own clock; nil to wait without end.
    /// - Throws: `CancellationError` when the task is cancelled, `RaftError` of code `timedOut`, or of code `stopped` when the
    ///   node ends first or has stopped itself. Both say what was waited for, and what was seen last.
    @discardableResult
    public func wait(for condition: RaftCondition, atMost timeout: Duration? = nil) async throws -> RaftMetrics {
        try await wait(for: condition.description, atMost: timeout, condition.holds)
    }

    /// Returns who leads as soon as this node knows a leader: itself, or another one.
    ///
    /// - Throws: as `wait(for:atMost:)`.
    @discardableResult
    public func waitForLeader(atMost timeout: Duration? = nil) async throws -> NodeID {
        let metrics = try await wait(for: .leader, atMost: timeout)
        guard let leader = metrics.leader else { throw Self.stopped }
        return leader.id
    }

    /// Returns when this node's machine has applied everything up to `index`.
    ///
    /// - Throws: as `wait(for:atMost:)`.
    public func waitForApplied(_ index: LogIndex, atMost timeout: Duration? = nil) async throws {
        try await wait(for: .applied(index), atMost: timeout)
    }

    /// Returns when the membership has these voters, is committed and not joint.
    ///
    /// - Throws: as `wait(for:atMost:)`.
    public func waitForVoters(_ voters: [NodeID], atMost timeout: Duration? = nil) async throws {
        try await wait(for: .voters(voters), atMost: timeout)
    }

    /// As `wait(for:atMost:)`, for a condition that is used once.
    ///
    /// - Parameter description: completes “waited for …”.
    @discardableResult
    public func waitFor(
        _ description: String = "a state of the node", atMost timeout: Duration? = nil,
        _ condition: @Sendable (RaftMetrics) -> Bool
    ) async throws -> RaftMetrics {
        try await wait(for: description, atMost: timeout, condition)
    }

    private func wait(
        for description: String, atMost timeout: Duration?, _ condition: @Sendable (RaftMetrics) -> Bool
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
            continuation.finish()
            if timeout != nil { lane.schedule(alarm, at: .distantFuture) }
        }
        var last: RaftMetrics?
        for await metrics in stream {
            if condition(metrics) { return metrics }
            last = metrics
            // What has stopped itself does not come to it any more.
            if metrics.failure != nil { break }
        }
        try Task.checkCancellation()
        let seen = last.map { "; seen last: \($0)" } ?? ""
        if let failure = last?.failure {
            throw RaftError(.stopped, "waited for \(description), but this node has stopped itself: \(failure)\(seen)")
        }
        guard let timeout, isOverdue.flag.load(ordering: .relaxed) else {
            throw RaftError(.stopped, "waited for \(description), but the node was shut down\(seen)")
        }
        throw RaftError(.timedOut, "waited for \(description), which did not come within \(timeout)\(seen)")
    }

    static func nanoseconds(_ duration: Duration) -> UInt64 {
        let (seconds, attoseconds) = duration.components
        return UInt64(max(0, min(seconds, 1 << 32))) * 1_000_000_000 + UInt64(max(0, attoseconds) / 1_000_000_000)
    }
}
