import RaftMembership

// Entries, one by one: decided, applied, and told to who waits for them.
extension MachineApplier {
    func apply(
        _ batch: EntryBatch, _ waiters: inout ArraySlice<Waiter>, _ state: inout State
    ) throws {
        precondition(batch.isEmpty || batch.firstIndex == state.applied.next, "entries are applied in order (C4)")
        if !batch.isPlain, (0..<batch.count).contains(where: batch.isWithoutBody(at:)) { state.isWitness = true }
        guard !state.isWitness else {
            // Nothing of the machine's: it stays as it is.
            state.applied = batch.isEmpty ? state.applied : batch.lastIndex
            pulse.stepped()
            return
        }
        guard !batch.isPlain else {
            for position in 0..<batch.count {
                try applyEntry(position, of: batch, &waiters, &state)
                pulse.stepped()
            }
            return
        }
        for position in 0..<batch.count {
            try applyExtended(position, of: batch, &waiters, &state)
            pulse.stepped()
        }
    }

    func applyEntry(
        _ position: Int, of batch: EntryBatch, _ waiters: inout ArraySlice<Waiter>, _ state: inout State
    ) throws {
        let index = batch.firstIndex + position
        let proposal = takeProposal(position, of: batch, &waiters)
        guard batch.kind(at: position) == .command else {
            state.machine.skip(to: index)
            state.applied = index
            return
        }
        try execute(position, of: batch, proposal, of: nil, &state)
    }

    /// Who waits for the entry at `position`.
    func takeProposal(
        _ position: Int, of batch: EntryBatch, _ waiters: inout ArraySlice<Waiter>
    ) -> Proposal? {
        let index = batch.firstIndex + position
        guard let waiter = waiters.first, waiter.id.index == index else { return nil }
        waiters.removeFirst()
        // Success is reported by the commit rule alone: this very entry was committed (rule W3).
        if waiter.id.term == batch.term(at: position) || configuration.breaks(.succeedByIndex) {
            return waiter.proposal
        }
        tally.fail(waiter.proposal, RaftError(.unknown, "another entry was committed at index \(index)"))
        return nil
    }

    /// Has the machine apply a command, which may be one of a session.
    func execute(
        _ position: Int, of batch: EntryBatch, _ proposal: Proposal?, of call: SessionCall?, _ state: inout State
    ) throws {
        let index = batch.firstIndex + position
        do {
            let command = try decode(position, of: batch)
            let output = try state.machine.apply(command)
            if configuration.breaks(.applyTwice), position == batch.count - 1 { _ = try state.machine.apply(command) }
            state.applied = index
            if let call { record(.success(output), of: call, &state) }
            if let proposal { succeed(proposal, output, at: index, &state) }
        } catch let refusal as CommandRefused {
            // An outcome, the same on every node (rule C7).
            state.machine.skip(to: index)
            state.applied = index
            if let call { record(.failure(refusal), of: call, &state) }
            proposal?.fail(RaftError(.refused, refusal.description))
        } catch {
            if configuration.breaks(.skipFailedCommand) {
                state.machine.skip(to: index)
                state.applied = index
                return
            }
            if let proposal {
                tally.fail(proposal, RaftError(.failed, "the state machine failed at index \(index): \(error)"))
            }
            throw error
        }
    }

    private func decode(_ position: Int, of batch: EntryBatch) throws -> Machine.Command {
        var decoded: Result<Machine.Command, CommandRefused>?
        // A closure that returns the command would be generic in it all the way down, and that is slow.
        batch.withPayload(at: position) { bytes in
            do {
                decoded = .success(try Machine.decode(bytes))
            } catch {
                decoded = .failure(CommandRefused("the command cannot be decoded: \(error)"))
            }
        }
        guard let decoded else { preconditionFailure("a batch hands out each of its payloads") }
        return try decoded.get()
    }

    /// Most proposals are of one class, and asking the runtime about a generic one costs more than applying a command.
    func succeed(_ proposal: Proposal, _ output: Machine.Output, at index: LogIndex, _ state: inout State) {
        let proposalClass = ObjectIdentifier(type(of: proposal))
        if proposalClass == state.proposalClass {
            // Safe: an object of this very class passed the cast below.
            unsafeDowncast(proposal, to: TypedProposal<Machine.Output>.self).succeed(output, at: index)
        } else if let typed = proposal as? TypedProposal<Machine.Output> {
            state.proposalClass = proposalClass
            typed.succeed(output, at: index)
        }
    }
}
