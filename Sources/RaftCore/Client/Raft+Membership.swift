public import RaftMembership
public import RaftTracing

extension Raft {
    // MARK: Membership

    /// Changes who belongs to the cluster and who votes (§6): all of `changes` as one change, by joint consensus, newcomers
    /// synced first. Returns when the configuration asked for is committed.
    ///
    /// Only the leader takes changes, one at a time. What it has appended when it loses leadership, the next leader
    /// finishes. Cancelling the task does not end the call.
    ///
    /// ```swift
    /// try await raft.change([.add(4, addresses: ["unix:counter/4.sock"]), .remove(1)])
    /// ```
    ///
    /// - Parameters:
    ///   - expected: the change is refused unless the configuration in effect is that of this entry (compare and set): the
    ///     `membershipID` of the metrics that the caller decided upon.
    /// - Returns: the configuration and its position.
    /// - Throws: `RaftError`: `changeRefused` with the reason, `notLeader`, or `unknown` when part of it was appended and
    ///   the end was not seen.
    @discardableResult
    public func change(_ changes: [MembershipChange], ifMembershipIs expected: LogID? = nil) async throws
        -> LoggedMembership
    {
        let trace = driver.tracer.currentTrace
        return try await withCheckedThrowingContinuation { continuation in
            change(changes, ifMembershipIs: expected, trace: trace) { continuation.resume(with: $0) }
        }
    }

    /// The same for servers: calls back on the driver's lane.
    /// - Parameter trace: what has caused it.
    public func change(
        _ changes: [MembershipChange], ifMembershipIs expected: LogID? = nil, trace: TraceContext? = nil,
        completion: @escaping @Sendable (Result<LoggedMembership, RaftError>) -> Void
    ) {
        post(.change(ChangeRequest(changes, expected: expected), trace, completion)) { completion(.failure($0)) }
    }

    // MARK: Leadership

    /// Hands leadership to `target`, or to the voter that has most of the log (D§3.10). Proposals are held off for at most
    /// an election timeout; when the target does not take over, this node leads on.
    ///
    /// - Returns: who leads now.
    /// - Throws: `RaftError`: `transferFailed` with the reason, or `notLeader`.
    @discardableResult
    public func transferLeadership(to target: NodeID? = nil) async throws -> NodeID {
        try await withCheckedThrowingContinuation { continuation in
            transferLeadership(to: target) { continuation.resume(with: $0) }
        }
    }

    /// The same for servers: calls back on the driver's lane.
    public func transferLeadership(
        to target: NodeID? = nil, completion: @escaping @Sendable (Result<NodeID, RaftError>) -> Void
    ) {
        post(.transfer(to: target, givesUp: false, completion)) { completion(.failure($0)) }
    }

    /// Ends this node's leadership: hands it to the best voter, and gives it up when none takes over in time.
    ///
    /// - Returns: who leads now.
    /// - Throws: `RaftError`: `transferFailed` when nobody took over (this node leads no more all the same), or
    ///   `notLeader`.
    @discardableResult
    public func stepDown() async throws -> NodeID {
        try await withCheckedThrowingContinuation { continuation in
            post(.transfer(to: nil, givesUp: true, { continuation.resume(with: $0) })) {
                continuation.resume(throwing: $0)
            }
        }
    }
}
