import RaftMembership
import RaftTracing

// Proposals and reads: what is let in, what becomes of those that nobody will hear of.
extension Driver {
    /// All proposals of a drain become one batch of entries.
    func propose(_ now: Instant) {
        swap(&proposed, &contents.proposals)
        defer { proposed.removeAll(keepingCapacity: true) }
        if let failure {
            for proposal in proposed { proposalTally.fail(proposal, failureForCalls(failure)) }
            return
        }
        var traits: ProposalTraits = []
        for proposal in proposed { traits.formUnion(proposal.traits) }
        let isSpecial = traits.contains(.special)
        isTraced = traits.contains(.traced)
        if isSpecial { rejectFenced() }
        let room = max(0, configuration.inboxCalls - waiters.count - applierBacklog)
        for proposal in proposed.dropFirst(room) { proposalTally.fail(proposal, Self.overloaded) }
        if proposed.count > room { proposed.removeLast(proposed.count - room) }
        guard !proposed.isEmpty else { return }
        step(isSpecial ? .entriesProposed(drafts(of: proposed, now)) : .proposed(proposed.map(\.payload)), now)
        // The answers concern the proposals at hand, so they are carried out while these are.
        execute(now)
    }

    /// Proposals that may be appended in another term only.
    private func rejectFenced() {
        let term = engine.term
        proposed.removeAll { proposal in
            guard let fence = proposal.fence, fence != term else { return false }
            proposalTally.fail(
                proposal,
                RaftError(
                    .termChanged, "the term is \(term) and not \(fence): what the command was made from may be old"))
            return true
        }
    }

    func request(_ read: MachineRead, _ kind: ReadKind, _ now: Instant) {
        // What the machine holds may be looked at as long as there is one.
        if let failure, kind != .anyAge || isStopped {
            tally.reads.failed &+= 1
            read.fail(failureForCalls(failure))
            return
        }
        guard reads.count + applier.queuedCount < configuration.inboxCalls else {
            tally.reads.failed &+= 1
            read.fail(Self.overloaded)
            return
        }
        if kind == .anyAge, !engine.isWitness || configuration.breaks(.readAtWitness) {
            applier.submit(.read(read, .round))
            return
        }
        lastRead += 1
        reads[lastRead] = read
        latencies.readRequested(lastRead, now)
        if let spans, let trace = read.trace { spans.readRequested(lastRead, trace) }
        step(.readRequested(ReadID(rawValue: lastRead), kind), now)
    }

    /// Any thread: what the machine reports. A read that comes back to a node that has stopped ends here.
    func take(_ report: ApplyReport) {
        let posting = mailbox.post(.machine(report))
        wake(posting)
        if case .closed = posting, case .unproven(let read) = report { read.fail(Self.ended) }
    }

    func abandon(after index: LogIndex) {
        latencies.abandoned(after: index)
        let lost = waiters.take(after: index)
        guard !lost.isEmpty, !configuration.breaks(.forgetAbandonedProposals) else { return }
        tracer.notice(
            .proposalsLost, "\(lost.count) proposals lost their leader, or its disk: their outcome is unknown",
            [.count(lost.count), .index(index.rawValue)])
        for waiter in lost { proposalTally.fail(waiter.proposal, abandoned) }
    }
}
