import RaftMembership

// Client sessions (D§6.3, rule W4): their records are part of the state that entries change, beside the machine.
extension MachineApplier {
    /// An entry that has extensions, or may have.
    func applyExtended(
        _ position: Int, of batch: EntryBatch, _ waiters: inout ArraySlice<Waiter>, _ state: inout State
    ) throws {
        let kind = batch.kind(at: position)
        guard kind == .session || kind == .command, let extensions = batch.extensions(at: position),
            kind == .session || extensions.call != nil
        else { return try applyEntry(position, of: batch, &waiters, &state) }
        let index = batch.firstIndex + position
        let proposal = takeProposal(position, of: batch, &waiters)
        var expired = 0
        if var time = extensions.leaderTime {
            if configuration.breaks(.expireByLocalClock) { time = clock() }
            expired += state.sessions.advance(to: time)
        }
        defer { sessionsChanged(expired, at: index, &state) }
        guard let call = extensions.call else {
            expired += carryOut(batch.sessionOrder(at: position), at: index, proposal, &state)
            state.machine.skip(to: index)
            state.applied = index
            return
        }
        var verdict = state.sessions.begin(call)
        if configuration.breaks(.applyRepeated), case .repeated = verdict { verdict = .execute }
        if configuration.breaks(.executeExpired), verdict == .refused(.expired) { verdict = .execute }
        switch verdict {
        case .execute: try execute(position, of: batch, proposal, of: call, &state)
        case .repeated(let result):
            state.machine.skip(to: index)
            state.applied = index
            if let proposal { answer(proposal, result, &state) }
        case .refused(let why):
            state.machine.skip(to: index)
            state.applied = index
            proposal?.fail(Self.error(for: why, call))
        }
    }

    private func sessionsChanged(_ expired: Int, at index: LogIndex, _ state: inout State) {
        state.record = nil
        gauge.show(state.sessions)
        if expired > 0 { report(.sessionsExpired(expired, at: index)) }
    }

    /// - Returns: how many sessions have expired to make room.
    private func carryOut(
        _ order: SessionOrder?, at index: LogIndex, _ proposal: Proposal?, _ state: inout State
    ) -> Int {
        var expired = 0
        let session: SessionID
        switch order {
        case .open(let nonce, let limits):
            expired = state.sessions.open(at: index, nonce: nonce, limits)
            session = SessionID(index: index, nonce: nonce)
            report(.sessionOpened(session))
        case .close(let id):
            state.sessions.close(id)
            session = id
        case nil:
            // Never: an entry that cannot be read is not let into the log.
            proposal?.fail(RaftError(.refused, "entry \(index) orders nothing that is known"))
            return 0
        }
        (proposal as? SessionProposal)?.succeed(OpenedSession(id: session, limits: state.sessions.limits))
        return expired
    }

    /// What came of the command the first time.
    private func answer(_ proposal: Proposal, _ result: SessionResult, _ state: inout State) {
        switch result.outcome {
        case .output(let bytes):
            do {
                let output = try bytes.withUnsafeBytes { try Machine.decodeOutput($0) }
                succeed(proposal, output, at: result.index, &state)
            } catch {
                proposal.fail(RaftError(.refused, "the command was applied, and its output cannot be read: \(error)"))
            }
        case .refused(let why): proposal.fail(RaftError(.refused, why))
        case .lost(let why):
            proposal.fail(RaftError(.refused, "the command was applied, and its output could not be kept: \(why)"))
        }
    }

    func record(_ outcome: Result<Machine.Output, CommandRefused>, of call: SessionCall, _ state: inout State) {
        let kept: SessionResult.Outcome
        switch outcome {
        case .success(let output):
            do {
                kept =
                    try Machine.encodeOutput(output).map { SessionResult.Outcome.output($0) }
                    ?? .lost("it has no codec")
            } catch {
                kept = .lost(String("\(error)".prefix(Self.longestReason)))
            }
        case .failure(let refusal): kept = .refused(String(refusal.description.prefix(Self.longestReason)))
        }
        state.sessions.record(SessionResult(serial: call.serial, index: state.applied, outcome: kept), of: call)
    }

    private static var longestReason: Int { 1000 }

    private static func error(for refusal: SessionRefusal, _ call: SessionCall) -> RaftError {
        switch refusal {
        case .expired:
            RaftError(
                .sessionExpired, "session \(call.session) is not open any more: nothing was executed; open another")
        case .answered:
            RaftError(
                .sessionExpired,
                "command \(call.serial) of session \(call.session) was answered before: it is not executed again")
        case .full:
            RaftError(
                .overloaded,
                "session \(call.session) keeps as many results as it may: wait for answers to earlier commands")
        }
    }
}
