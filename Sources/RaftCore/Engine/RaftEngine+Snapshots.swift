import RaftMembership

// Taking snapshots and compacting the log (§7, rules S1, S5, S7, S9, S10). Every server does this for itself.
extension RaftEngine {
    /// Orders a snapshot of what was ordered to be applied so far. A trigger that comes at a bad time is forgotten: the
    /// next one is not held up by it (rule S9).
    /// - Returns: whether it was ordered.
    @discardableResult
    mutating func takeSnapshot(_ fx: inout Effects) -> Bool {
        guard snapshots.taking == nil, snapshots.installing == nil, !snapshots.isImpossible, !isFenced,
            let cluster = hard.cluster, let term = log.terms.term(at: applySubmitted),
            applySubmitted > newestSnapshot, applySubmitted >= snapshots.lost, knowsOwnCopy,
            // The configuration there, if a later one has not taken its place already.
            let logged = configurations.last(where: { $0.id.index <= applySubmitted }), !logged.membership.isEmpty
        else { return false }
        let last = LogID(term: term, index: applySubmitted)
        snapshots.lastOrder += 1
        snapshots.taking = SnapshotState.Taking(
            order: snapshots.lastOrder, last: last, bytes: log.appendedBytes)
        fx.append(
            .takeSnapshot(
                snapshots.lastOrder, Snapshot(last: last, cluster: cluster, configuration: logged)))
        return true
    }

    /// Before its first command, and before a configuration names it, a server does not know whether it is to be a witness:
    /// a snapshot would make it one or the other for good (rule X2).
    private var knowsOwnCopy: Bool { copy != nil || ownSlot != nil || breaks(.mixCopies) }

    /// What the newest snapshot covers.
    var newestSnapshot: LogIndex { snapshots.newest?.last.index ?? .zero }

    /// Where a snapshot by the number of entries is due among entries up to `target`. At multiples, so that servers take
    /// theirs at the same positions, and a transfer that one began another can go on with (rule S6).
    func snapshotDue(through target: LogIndex) -> LogIndex? {
        let step = UInt64(configuration.snapshotEntries)
        guard step > 0, snapshots.taking == nil, !snapshots.isImpossible, isWorthIt else { return nil }
        let due = LogIndex(target.rawValue / step * step)
        return due > max(applySubmitted, newestSnapshot) && due >= snapshots.lost ? due : nil
    }

    /// A large state is not written anew for a few small entries: not before half its size was appended since.
    private var isWorthIt: Bool {
        log.appendedBytes - snapshots.bytesAtLast >= (snapshots.newest?.size ?? 0) / 2
    }

    /// By the bytes that were appended since the last one.
    mutating func considerBytes(_ fx: inout Effects) {
        guard configuration.snapshotBytes > 0, isWorthIt,
            log.appendedBytes - snapshots.bytesAtLast >= UInt64(configuration.snapshotBytes)
        else { return }
        takeSnapshot(&fx)
    }

    mutating func snapshotDeadlineReached(_ now: Instant, _ fx: inout Effects) {
        times.snapshot =
            configuration.snapshotInterval > 0 ? now + configuration.snapshotInterval : .distantFuture
        takeSnapshot(&fx)
    }

    mutating func requestSnapshot(_ id: CallID, compacts: Bool, _ fx: inout Effects) {
        if let newest = snapshots.newest, newest.last.index >= applySubmitted, snapshots.installing == nil {
            var write = snapshots.naming
            if compacts, let position = purgePosition(within: newest, retaining: 0) {
                log.purge(through: position)
                write = persist(purgeThrough: position, &fx)
            }
            guard let write else {
                fx.append(.snapshotEnded(id, .done(newest, purged: log.base.index)))
                return
            }
            // It is told when it is durable.
            snapshots.calls.append(
                SnapshotState.Call(id: id, through: applySubmitted, compacts: compacts, write: write))
            return
        }
        guard applySubmitted > .zero, !membership.isEmpty else {
            fx.append(.snapshotEnded(id, .failed("there is nothing to take a snapshot of yet")))
            return
        }
        guard knowsOwnCopy else {
            fx.append(.snapshotEnded(id, .failed("this node does not know yet as what it belongs: ask when it does")))
            return
        }
        guard !snapshots.isImpossible else {
            fx.append(.snapshotEnded(id, .failed("this machine or its storage takes no snapshots")))
            return
        }
        snapshots.calls.append(SnapshotState.Call(id: id, through: applySubmitted, compacts: compacts))
        // One that is under way may cover less than the caller wants: the next follows it.
        takeSnapshot(&fx)
    }

    mutating func snapshotTaken(_ order: UInt64, _ result: SnapshotResult, _ now: Instant, _ fx: inout Effects) {
        guard let taking = snapshots.taking, taking.order == order else { return }
        snapshots.taking = nil
        switch result {
        case .taken(let snapshot):
            guard snapshot.last == taking.last else { return }
            // One that the leader sent may have overtaken it.
            if snapshot.last.index > newestSnapshot { adopt(snapshot, bytes: taking.bytes, &fx) }
        case .failed(let reason), .impossible(let reason):
            if case .impossible = result { snapshots.isImpossible = true }
            fx.append(.trace(.snapshotFailed(reason)))
            failSnapshotCalls(reason, &fx)
        }
        resumeSnapshotCalls(&fx)
    }

    /// The body is durable: the log may be cut behind it, in the transaction that names it (rule L7).
    private mutating func adopt(_ snapshot: Snapshot, bytes: UInt64, _ fx: inout Effects) {
        snapshots.newest = snapshot
        if copy == nil { copy = snapshot.copy }
        snapshots.bytesAtLast = bytes
        let served = snapshots.calls.indices.filter {
            snapshots.calls[$0].write == nil && snapshots.calls[$0].through <= snapshot.last.index
        }
        let compacts = served.contains { snapshots.calls[$0].compacts }
        let position = purgePosition(
            within: snapshot, retaining: compacts ? 0 : configuration.snapshotRetained)
        if let position { log.purge(through: position) }
        let write = persist(snapshot: snapshot, purgeThrough: position, &fx)
        snapshots.naming = write
        for call in served { snapshots.calls[call].write = write }
        fx.append(.trace(.snapshotTaken(snapshot.id, purged: log.base.index)))
    }

    /// Up to where the log may go, or nil: a tail stays, and on a leader what peers need that are catching up, within
    /// bounds (rule S5).
    private func purgePosition(within snapshot: Snapshot, retaining tail: Int) -> LogID? {
        let end = snapshot.last.index
        var index = LogIndex(end.rawValue - min(end.rawValue, UInt64(tail)))
        if role == .leader, !breaks(.purgeUnderPeers) {
            for slot in progress.indices where progress[slot].member != member && progress[slot].departure == nil {
                guard let heard = times.peers[slot].lastHeard,
                    times.now - heard <= configuration.electionTimeout.upperBound
                else { continue }
                let sent = transfers.first { $0.member == progress[slot].member }?.snapshot.last.index
                let needed = max(sent ?? .zero, progress[slot].matchIndex)
                if end - needed <= configuration.snapshotPinned { index = min(index, needed) }
            }
        }
        guard index > log.base.index, let term = log.terms.term(at: index) else { return nil }
        return LogID(term: term, index: index)
    }

    // MARK: Calls

    /// Nothing is under way that would end the calls that no write ends: the leader's snapshot, installed meanwhile, covers
    /// what they wait for, or another is taken (rule W1).
    mutating func resumeSnapshotCalls(_ fx: inout Effects) {
        guard !snapshots.calls.isEmpty, snapshots.taking == nil, snapshots.installing == nil else { return }
        if let newest = snapshots.newest {
            let purged = log.base.index
            snapshots.calls.removeAll { call in
                guard call.write == nil, call.through <= newest.last.index else { return false }
                fx.append(.snapshotEnded(call.id, .done(newest, purged: purged)))
                return true
            }
        }
        if snapshots.calls.contains(where: { $0.write == nil }) { takeSnapshot(&fx) }
    }

    /// The write that names a snapshot, or only purges the log, is durable.
    mutating func endSnapshotCalls(of write: WriteID, _ fx: inout Effects) {
        if snapshots.naming == write { snapshots.naming = nil }
        guard !snapshots.calls.isEmpty, let newest = snapshots.newest else { return }
        for call in snapshots.calls where call.write == write {
            fx.append(.snapshotEnded(call.id, .done(newest, purged: log.base.index)))
        }
        snapshots.calls.removeAll { $0.write == write }
    }

    private mutating func failSnapshotCalls(_ reason: String, _ fx: inout Effects) {
        for call in snapshots.calls where call.write == nil {
            fx.append(.snapshotEnded(call.id, .failed(reason)))
        }
        snapshots.calls.removeAll { $0.write == nil }
    }
}
