import RaftMembership

// Commitment (§5.3, §5.4.2), application, and configurations as they come and go with the log (§6).
extension RaftEngine {
    /// Commits what a quorum holds durably, if it is of this leader's own term (rule C1). The leader counts itself only
    /// with what its own disk has (rule L10).
    mutating func advanceCommit(_ now: Instant, _ fx: inout Effects) {
        guard role == .leader else { return }
        let own = ownSlot
        let reached = quorum.greatestReached(lowest: LogIndex.zero) { slot in
            if slot == own { return breaks(.leaderCountsItselfEarly) ? log.last.index : log.flushed }
            return progress[slot].isSuspect ? .zero : progress[slot].matchIndex
        }
        guard reached > commitIndex, log.terms.term(at: reached) == term || breaks(.commitEarlierTerm) else { return }
        let wasServing = commitIndex >= termStart
        let before = committed.id
        commit(upTo: reached, &fx)
        releaseUncommitted()
        for slot in progress.indices where progress[slot].mode == .replicate { noteCommit(for: slot, now) }
        // Reads that came before the first commit of the term may begin (rule C8).
        if !wasServing { admitHeldReads(now, &fx) }
        if !wasServing || committed.id != before { advanceMembership(now, &fx) }
    }

    /// What is committed and durable here waits no more. A leader whose own disk lags keeps its cap (rule P8).
    mutating func releaseUncommitted() {
        uncommitted.acknowledge(through: min(commitIndex, log.flushed))
    }

    /// Raises the commit index, never lowers it (rule C2).
    mutating func commit(upTo index: LogIndex, _ fx: inout Effects) {
        guard index > commitIndex else { return }
        precondition(index <= log.last.index, "only what is in the log is committed")
        commitIndex = index
        if configurations.count > 1 { commitConfigurations(&fx) }
        orderApply(&fx)
    }

    /// Only what is durable here is applied here (rule C6).
    mutating func orderApply(_ fx: inout Effects) {
        let target = breaks(.applyBeforeDurable) ? commitIndex : min(commitIndex, log.flushed)
        // Nothing goes before the state of a snapshot that is being installed (rule S2).
        guard target > applySubmitted, snapshots.installing?.isRestoring ?? true else { return }
        if let due = snapshotDue(through: target) {
            applySubmitted = due
            fx.append(.apply(through: due))
            takeSnapshot(&fx)
        }
        if target > applySubmitted {
            applySubmitted = target
            fx.append(.apply(through: target))
        }
        considerBytes(&fx)
        releaseReads(&fx)
    }

    mutating func applied(through index: LogIndex, _ fx: inout Effects) {
        precondition(index <= applySubmitted, "nothing is applied that was not ordered")
        appliedIndex = max(appliedIndex, index)
        machineReached(index, &fx)
    }

    // MARK: Configurations

    /// A configuration is in effect from the append of its entry on (rule M2).
    mutating func adoptConfigurations(in batch: EntryBatch, _ now: Instant, _ fx: inout Effects) {
        for position in 0..<batch.count where batch.kind(at: position) == .configuration {
            let id = batch.id(at: position)
            do {
                let payload = try batch.withPayload(at: position) { try MembershipCodec.decode($0) }
                guard payload.cluster == hard.cluster else {
                    fence("entry \(id) belongs to cluster \(payload.cluster)", &fx)
                    return
                }
                configurations.append(LoggedMembership(id: id, membership: payload.membership))
                if let removedBy, id.index > removedBy.index, membership.slot(of: member) != nil {
                    self.removedBy = nil
                }
                fx.append(.trace(.configurationAdopted(id, payload.membership)))
            } catch {
                fence("the configuration in entry \(id) \(error)", &fx)
                return
            }
            configurationChanged(now, &fx)
        }
    }

    mutating func configurationChanged(_ now: Instant, _ fx: inout Effects) {
        quorum = configuration.quorum(of: membership)
        alignProgress(now, &fx)
        fx.append(.membershipChanged)
        if let cluster = hard.cluster, formation != nil, !membership.isEmpty { endFormation(cluster, &fx) }
        checkOwnCopy(&fx)
    }

    private mutating func commitConfigurations(_ fx: inout Effects) {
        let before = committed.id
        let wasRemoved = isRemoved
        forgetSupersededConfigurations()
        guard committed.id != before else { return }
        fx.append(.trace(.configurationCommitted(committed.id, committed.membership)))
        if isRemoved, !wasRemoved { becameRemoved(by: committed.id, &fx) }
    }

    /// Keeps the last committed configuration and those above it.
    mutating func forgetSupersededConfigurations() {
        while configurations.count > 1, configurations[1].id.index <= commitIndex {
            configurations.removeFirst()
            if committed.membership.slot(of: member) != nil { lastNamed = committed.id }
        }
    }
}
