public import RaftMembership
public import RaftTracing

// Client sessions (D§6.3, rule W4).
extension Raft {
    /// Opens a client session: a command that is proposed in one may be sent again and again, and is applied once.
    ///
    /// Sessions are part of the replicated state. They end when they are closed, when they were not used for
    /// `SessionLimits.timeout`, or to make room for others. Only the leader opens them.
    ///
    /// - Throws: `RaftError`. A session that was opened all the same, as when the outcome is unknown, expires unused.
    public func openSession() async throws -> RaftSession<Machine> {
        let opened = try await traced(.propose) { trace in
            try await withCheckedThrowingContinuation { continuation in
                openSession(trace: trace) { continuation.resume(with: $0) }
            }
        }
        return RaftSession(opened, on: self)
    }

    /// The same for servers: calls back on the driver's or the applier's lane.
    /// - Parameter trace: what has caused it.
    public func openSession(
        trace: TraceContext? = nil, completion: @escaping @Sendable (Result<OpenedSession, RaftError>) -> Void
    ) {
        submit(SessionProposal(.open(nonce: driver.environment.random()), trace: trace, completion: completion))
    }

    /// Closes a session, with all its results. One that is not open any more is none the less closed.
    /// - Parameter trace: what has caused it.
    public func closeSession(
        _ session: SessionID, trace: TraceContext? = nil,
        completion: @escaping @Sendable (Result<Void, RaftError>) -> Void
    ) {
        submit(SessionProposal(.close(session), trace: trace) { completion($0.map { _ in }) })
    }

    /// Has `command` applied, if it was not before: one attempt at a command of a session. For whoever keeps serials
    /// himself, as one does who sends attempts from node to node; `RaftSession` does it for others.
    ///
    /// - Returns: what the machine answered when the command was applied, at this attempt or at an earlier one.
    /// - Throws: `RaftError`: of code `sessionExpired` when the session is not open any more; of code `unknown` when
    ///   another attempt with the same serial will tell.
    public func propose(_ command: Machine.Command, as call: SessionCall) async throws -> Machine.Output {
        let payload = try Machine.encode(command)
        try check(payload, call)
        guard driver.tracer.hasSpans else { return try await propose(payload, session: .call(call)) }
        return try await traced(.propose) { try await propose(payload, session: .call(call), trace: $0) }
    }

    /// The same for servers that hold encoded commands, with the index in the log at which the command was applied.
    /// - Parameter trace: what has caused it.
    public func propose(
        encoded payload: [UInt8], as call: SessionCall, trace: TraceContext? = nil,
        indexed completion: @escaping @Sendable (Result<(output: Machine.Output, index: LogIndex), RaftError>) -> Void
    ) {
        do {
            try check(payload, call)
        } catch {
            completion(.failure(error))
            return
        }
        submit(IndexedProposal(payload: payload, session: .call(call), trace: trace, completion: completion))
    }

    private func check(_ payload: [UInt8], _ call: SessionCall) throws(RaftError) {
        try check(payload)
        guard call.isPossible else {
            throw RaftError(.sessionExpired, "no session has command \(call.serial) after \(call.lowestUnanswered)")
        }
    }
}
