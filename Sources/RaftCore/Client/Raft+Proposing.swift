public import RaftMembership
import RaftTracing

extension Raft {
    /// As `propose`, but appended in this term only: for a command that was made from what a leader of that term said, so
    /// that it must not take effect after anybody else has led.
    ///
    /// - Parameter term: the `term` of the metrics that the caller decided upon.
    /// - Throws: `RaftError` of code `termChanged` when the node is in another term; nothing was appended then.
    public func propose(_ command: Machine.Command, ifTermIs term: Term) async throws -> Machine.Output {
        try await propose(command, fence: term)
    }

    /// Has several commands applied, in this order, in one batch of entries as far as there is room.
    ///
    /// Each has an outcome of its own: those that found no room are rejected as *overloaded*, which are always the last
    /// ones, and with the loss of leadership the last ones may be unknown. Cheaper than as many calls of `propose`.
    ///
    /// - Parameter term: as for `propose(_:ifTermIs:)`; nil for any.
    /// - Returns: an outcome for each command, in order.
    /// - Throws: when a command cannot be encoded or is too large; nothing was proposed then.
    public func propose(
        batch commands: [Machine.Command], ifTermIs term: Term? = nil
    ) async throws -> [Result<Machine.Output, RaftError>] {
        let payloads = try commands.map { command in
            let payload = try Machine.encode(command)
            try check(payload)
            return payload
        }
        func failure(_ outcomes: [Result<Machine.Output, RaftError>]) -> String? {
            for case .failure(let error) in outcomes { return "\(error)" }
            return nil
        }
        return try await traced(.propose, failure: failure) { trace in
            await withCheckedContinuation { continuation in
                let group = ProposalGroup<Machine.Output>(count: payloads.count) { continuation.resume(returning: $0) }
                submit(
                    payloads.enumerated().map { position, payload in
                        GroupedProposal(payload: payload, fence: term, trace: trace, group: group, position: position)
                    })
            }
        }
    }

    private func submit(_ proposals: [Proposal]) {
        guard !proposals.isEmpty else { return }
        let (posting, taken) = driver.mailbox.post(proposals: proposals)
        driver.wake(posting)
        let error = if case .closed = posting { Self.stopped } else { Driver.overloaded }
        for proposal in proposals.dropFirst(taken) { driver.proposalTally.fail(proposal, error) }
    }
}
