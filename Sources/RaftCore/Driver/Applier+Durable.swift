import RaftMembership

// Machines that own their applied index (rule C5).
extension MachineApplier {
    /// Asks the machine once, before anything else.
    func recoverDurableState(_ state: inout State) {
        state.isDurable = false
        do {
            guard let own = try state.machine.recoverDurableState() else { return }
            state.sessions = try SessionTable(record: own.record)
            state.record = own.record
            state.isDurable = true
            // Entries up to here are passed over: what they did is in the state.
            state.applied = own.applied
            gauge.show(state.sessions)
        } catch {
            state.hasFailed = true
            report(.failed(at: state.applied.next, error))
        }
    }

    /// Has such a machine make durable what was applied, with the index and the framework's record in one transaction.
    /// - Returns: false when it has failed.
    func makeDurable(_ state: inout State) -> Bool {
        // A witness has no state that could be made durable.
        guard state.isDurable == true, !state.isWitness else { return true }
        let record = state.record ?? state.sessions.encode()
        state.record = record
        do {
            try state.machine.makeDurable(DurableState(applied: state.applied, record: record))
            return true
        } catch {
            state.hasFailed = true
            report(.failed(at: state.applied, error))
            return false
        }
    }

    /// What of `batch` the machine does not have.
    func pending(of batch: EntryBatch, _ state: State) -> EntryBatch {
        guard state.isDurable == true, batch.firstIndex <= state.applied else { return batch }
        return batch.slice(from: state.applied.next)
    }

    /// Whoever waits for an entry that the machine has will not hear of it.
    func dropPassed(_ waiters: inout ArraySlice<Waiter>, _ state: State) {
        while let waiter = waiters.first, waiter.id.index <= state.applied {
            waiters.removeFirst()
            tally.fail(
                waiter.proposal,
                RaftError(.unknown, "entry \(waiter.id.index) was applied before: what came of it is not known"))
        }
    }
}
