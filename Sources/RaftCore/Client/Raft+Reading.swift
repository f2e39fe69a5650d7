public import RaftTracing

extension Raft {
    /// Looks at the machine as it is, or was a moment ago: how fresh, `guarantee` says.
    ///
    /// No write, no log entry. By default the state holds every command that any proposer was told of before this call
    /// (§8, D§6.4): the leader asks a quorum whether it still leads.
    ///
    /// - Throws: `RaftError`, or what `body` throws. Of code `notLeader` when only the leader may answer, or no leader is
    ///   known; `unconfirmed` when the leader does not answer; `tooStale` when what this node has is older than allowed.
    public func read<Value: Sendable>(
        _ guarantee: ReadGuarantee = .linearizable, _ body: @Sendable (Machine) throws -> Value
    ) async throws -> Value {
        let machine = try await traced(.read) { trace in
            try await withCheckedThrowingContinuation { continuation in
                read(guarantee, trace: trace) { continuation.resume(with: $0) }
            }
        }
        return try body(machine)
    }

    /// The same for servers: the machine's value as of a moment after the call, on the driver's or the applier's lane.
    /// - Parameter trace: what has caused it.
    public func read(
        _ guarantee: ReadGuarantee = .linearizable, trace: TraceContext? = nil,
        completion: @escaping @Sendable (Result<Machine, RaftError>) -> Void
    ) {
        submit(TypedRead(guarantee.kind, trace: trace, completion: completion))
    }

    /// The same, told what the answer rests on.
    package func read(
        _ guarantee: ReadGuarantee,
        proven completion: @escaping @Sendable (Result<Machine, RaftError>, ReadProof?) -> Void
    ) {
        submit(TypedRead(guarantee.kind, proven: completion))
    }

    private func submit(_ read: MachineRead) {
        switch driver.mailbox.post(read: read) {
        case .wake, .wakeBehindOthers: driver.environment.driverLane.schedule(driver)
        case .queued: break
        case .full: read.fail(Driver.overloaded)
        case .closed: read.fail(Self.stopped)
        }
    }
}
