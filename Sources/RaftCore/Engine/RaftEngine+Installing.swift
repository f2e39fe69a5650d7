import RaftMembership

// A follower's side of InstallSnapshot (§7, rules S1, S2, S3, S4, S6).
extension RaftEngine {
    mutating func receive(_ request: InstallSnapshot, from sender: Member, _ now: Instant, _ fx: inout Effects) {
        guard acknowledgeLeader(sender, term: request.term, now, &fx) else {
            if !isFenced {
                answer(sender, stream: 0, request.snapshot.id, .wants(0), &fx)
            }
            return
        }
        let snapshot = request.snapshot
        guard snapshot.cluster == hard.cluster, snapshot.last.term <= term else {
            fx.append(.trace(.protocolViolation("the leader of term \(term) sent a snapshot that cannot be its own")))
            return
        }
        snapshots.stream = request.stream
        if let installing = snapshots.installing {
            // One at a time. All of this one is here: it takes as long as it takes.
            if installing.snapshot.id == snapshot.id {
                answer(sender, stream: request.stream, snapshot.id, .wants(snapshot.size), &fx)
            }
            return
        }
        if let damage, snapshot.last.index < damage.lostSnapshot {
            reportDamage(to: sender, stream: request.stream, &fx)
            return
        }
        if isCovered(snapshot, now, &fx) {
            if snapshots.receiving != nil { dropReceiving(&fx) }
            // A durable match, and never less than what was applied (rule S3).
            let durable = min(commitIndex, log.flushed)
            // The machine may still be on its way to the state of this very snapshot, after a start (rule S2).
            if durable >= snapshot.last.index, appliedIndex >= newestSnapshot {
                acknowledge(snapshot, through: durable, to: sender, &fx)
            }
            return
        }
        if admits(snapshot, &fx) { takeIn(request, from: sender, &fx) }
    }

    /// Whether this server has everything that the snapshot holds, without it.
    private mutating func isCovered(_ snapshot: Snapshot, _ now: Instant, _ fx: inout Effects) -> Bool {
        if snapshot.last.index <= commitIndex { return !breaks(.installOldSnapshot) }
        guard log.terms.term(at: snapshot.last.index) == snapshot.last.term else { return false }
        // What a snapshot holds is committed, and equal positions mean equal logs (§5.3).
        verified = max(verified, snapshot.last.index)
        commit(upTo: snapshot.last.index, &fx)
        return true
    }

    private mutating func takeIn(_ request: InstallSnapshot, from sender: Member, _ fx: inout Effects) {
        let snapshot = request.snapshot
        guard let receiving = snapshots.receiving,
            receiving.snapshot.id == snapshot.id
        else {
            // Chunks of a body that was not offered are nobody's (rule S1).
            guard request.bytes.isEmpty else { return }
            snapshots.receiving = SnapshotState.Receiving(snapshot: snapshot)
            fx.append(.receiveSnapshot(snapshot, offset: 0, []))
            return
        }
        guard let accepted = receiving.accepted else { return }
        if request.bytes.isEmpty || request.offset > accepted {
            // Offered again, or something was lost on the way.
            answer(sender, stream: request.stream, snapshot.id, .wants(receiving.written), &fx)
            return
        }
        guard request.offset == accepted, UInt64(request.bytes.count) <= snapshot.size - accepted else { return }
        snapshots.receiving?.accepted = accepted + UInt64(request.bytes.count)
        fx.append(.receiveSnapshot(receiving.snapshot, offset: accepted, request.bytes))
    }

    /// Storage has written so much of the body; all of it, and found it whole.
    mutating func snapshotReceived(
        _ id: SnapshotID, written: UInt64, isWhole: Bool, _ now: Instant, _ fx: inout Effects
    ) {
        guard let receiving = snapshots.receiving, receiving.snapshot.id == id else { return }
        snapshots.receiving?.written = written
        // Begun again since: what was reported before was of the former receipt.
        if receiving.accepted == nil || written < receiving.written { snapshots.receiving?.accepted = written }
        if let leader, role == .follower {
            answer(leader, stream: snapshots.stream, id, .wants(written), &fx)
        }
        guard isWhole else { return }
        snapshots.receiving = nil
        // Meanwhile the log may have come by another way, or this server may lead.
        guard role == .follower || role == .preCandidate, !isCovered(receiving.snapshot, now, &fx),
            admits(receiving.snapshot, &fx)
        else { return }
        install(receiving.snapshot, now, &fx)
    }

    /// The disk is full, or the body was damaged on its way: the leader will offer it again.
    mutating func snapshotNotReceived(_ id: SnapshotID, _ reason: String, _ fx: inout Effects) {
        guard snapshots.receiving?.snapshot.id == id else { return }
        snapshots.receiving = nil
        fx.append(.trace(.snapshotFailed(reason)))
    }

    private mutating func dropReceiving(_ fx: inout Effects) {
        snapshots.receiving = nil
        fx.append(.dropReceived)
    }

    /// Position, configuration and log, in one transaction; the machine after it (rule S2). The log does not have the
    /// snapshot's last entry, so nothing of it is worth keeping, but for what stands behind damage (rule D3).
    private mutating func install(_ snapshot: Snapshot, _ now: Instant, _ fx: inout Effects) {
        let base = max(log.base.index, damage?.base ?? .zero)
        let isWhole = replacesTail(by: snapshot.last, &fx)
        // What waits for entries that the snapshot covers will not hear of them (rule W2).
        fx.append(.abandon(after: .zero))
        log.reset(to: snapshot.last)
        verified = snapshot.last.index
        owedAppendReply = nil
        snapshots.newest = snapshot
        copy = snapshot.copy
        snapshots.bytesAtLast = log.appendedBytes
        let wasRemoved = isRemoved
        for logged in configurations where logged.id.index <= commitIndex {
            if logged.membership.slot(of: member) != nil { lastNamed = logged.id }
        }
        commitIndex = snapshot.last.index
        // Of the configurations, only the snapshot's is left: it is committed, and later than any that was (rule S4).
        let before = effective.id
        configurations = [snapshot.configuration]
        if snapshot.configuration.membership.slot(of: member) != nil { removedBy = nil }
        if before != effective.id { fx.append(.trace(.configurationAdopted(effective.id, membership))) }
        configurationChanged(now, &fx)
        if isRemoved, !wasRemoved { becameRemoved(by: committed.id, &fx) }
        let write = persist(
            truncateAfter: isWhole ? base : nil, snapshot: snapshot, purgeThrough: snapshot.last, replacesLog: true, &fx
        )
        snapshots.installing = SnapshotState.Installing(snapshot: snapshot, write: write)
        snapshots.naming = write
        fx.append(.trace(.snapshotInstalling(snapshot.id)))
        if breaks(.restoreBeforeDurable) { installationBecameDurable(write, &fx) }
        if breaks(.acknowledgeUninstalled), let leader {
            answer(leader, stream: snapshots.stream, snapshot.id, .installed(snapshot.last.index), &fx)
        }
    }

    /// The transaction is durable: now the machine.
    mutating func installationBecameDurable(_ write: WriteID, _ fx: inout Effects) {
        guard let installing = snapshots.installing, installing.write == write else { return }
        snapshots.installing?.isRestoring = true
        applySubmitted = max(applySubmitted, installing.snapshot.last.index)
        fx.append(.restore(installing.snapshot))
        releaseReads(&fx)
    }

    /// The machine has the state: only now is the snapshot acknowledged as installed (rule S2).
    mutating func machineReached(_ index: LogIndex, _ fx: inout Effects) {
        guard let installing = snapshots.installing, installing.isRestoring,
            index >= installing.snapshot.last.index
        else { return }
        snapshots.installing = nil
        fx.append(.trace(.snapshotInstalled(installing.snapshot.id)))
        resumeSnapshotCalls(&fx)
        guard let leader, role == .follower else { return }
        acknowledge(installing.snapshot, through: installing.snapshot.last.index, to: leader, &fx)
    }

    /// Says that a snapshot is installed: in a term that is durable only (rule V14). Else the leader asks again.
    private func acknowledge(_ snapshot: Snapshot, through index: LogIndex, to leader: Member, _ fx: inout Effects) {
        guard !log.isHardStatePending || breaks(.acknowledgeBeforeDurable) else { return }
        answer(leader, stream: snapshots.stream, snapshot.id, .installed(index), &fx)
    }

    private func answer(
        _ leader: Member, stream: UInt32, _ id: SnapshotID, _ outcome: InstallSnapshotReply.Outcome,
        _ fx: inout Effects
    ) {
        send(
            .installSnapshotReply(
                InstallSnapshotReply(term: term, stream: stream, snapshot: id, outcome: outcome)), to: leader, &fx)
    }
}
