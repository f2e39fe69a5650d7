import RaftMembership

/// Whether this server's disk takes entries (rule D4).
package struct DiskRoom: Hashable, Sendable {
    /// Storage refused entries, and has not shown since that it has room.
    package internal(set) var isFull = false
    /// Storage said that it has room again, and this write is to show it.
    var retried: WriteID?
}

// A full disk (rule D4). What it refused stays in memory, bounded by the leader's window or by its cap of uncommitted
// bytes, and is not durable: nothing is acknowledged, counted or applied for it. Hard states, purges and snapshots go on
// beside it; a no-op or a configuration takes along what was refused before it, for its log has no gaps.
extension RaftEngine {
    private static let longestBackoff: UInt64 = 10_000_000_000

    mutating func writesRefused(_ ids: [WriteID], _ reason: String, _ now: Instant, _ fx: inout Effects) {
        for id in ids {
            log.refused(id)
            times.writes.removeAll { $0.id == id }
            if room.retried == id { room.retried = nil }
        }
        if !room.isFull {
            room.isFull = true
            fx.append(.trace(.diskFilled(reason)))
            if role == .leader {
                // Others may commit what was proposed here, and nobody knows when this server can apply it.
                times.waiters = min(times.waiters, now + 4 * configuration.electionTimeout.upperBound)
            }
        }
        askLater(now)
        // The leader learns how far it came, and that there is no more to come.
        sendOwedReplies(&fx)
        handOverForRoom(now, &fx)
    }

    private mutating func askLater(_ now: Instant) {
        let shortest = configuration.electionTimeout.upperBound
        times.diskBackoff = max(shortest, min(2 * times.diskBackoff, Self.longestBackoff))
        times.disk = now + times.diskBackoff
    }

    mutating func diskDeadlineReached(_ fx: inout Effects) {
        times.disk = .distantFuture
        if room.isFull { fx.append(.probeDisk(bytes: log.refusedBytes)) }
    }

    mutating func diskProbed(_ hasRoom: Bool, _ now: Instant, _ fx: inout Effects) {
        guard room.isFull, room.retried == nil else { return }
        guard hasRoom, !breaks(.stayFull) else { return askLater(now) }
        guard let first = log.firstRefused else {
            // Nothing is left that it refused: a new leader's log took its place.
            becameRoomy(&fx)
            return
        }
        room.retried = persist(truncateAfter: max(first.previous, log.base.index), &fx)
    }

    /// The write is durable that shows that there is room.
    mutating func noteRetried(_ id: WriteID, _ now: Instant, _ fx: inout Effects) {
        guard room.retried == id else { return }
        times.diskBackoff = 0
        becameRoomy(&fx)
    }

    private mutating func becameRoomy(_ fx: inout Effects) {
        room = DiskRoom()
        times.disk = .distantFuture
        if role == .leader { times.waiters = .distantFuture }
        fx.append(.trace(.diskHasRoom))
    }

    /// A write that changes the log begins where the disk's own log ends, and brings all that was refused.
    mutating func takeRefusedAlong(
        _ truncateAfter: inout LogIndex?, _ entries: inout EntryBatch, _ hardStateChanged: inout Bool
    ) {
        guard let first = log.firstRefused, !breaks(.writePastRefused) else { return }
        let unwritten = log.gatherUnwritten(from: first)
        truncateAfter = max(first.previous, log.base.index)
        entries = unwritten.entries
        hardStateChanged = hardStateChanged || unwritten.changesHardState
    }

    // MARK: Followers

    /// No more of the log will be durable for now: there is nothing to wait for with an answer.
    var isStuck: Bool { room.isFull && !log.isWritingEntries }

    /// What a full disk may be asked to take of a leader's entries: those that the log has already, and all up to the
    /// last no-op or configuration, for which there is a reserve.
    func admitted(_ entries: EntryBatch) -> EntryBatch {
        guard room.isFull, !entries.isEmpty else { return entries }
        for position in (0..<entries.count).reversed() {
            let id = entries.id(at: position)
            let isKnown = id.index <= log.base.index || log.terms.term(at: id.index) == id.term
            guard isKnown || !entries.kind(at: position).hasBody else { continue }
            return entries.slice(from: entries.firstIndex, maxCount: position + 1)
        }
        return .empty
    }

    // MARK: Leaders

    /// Members for whose sake proposals are refused: this leader, or so many others that nothing could be committed. Nil
    /// when there is room enough.
    var disksWithoutRoom: [NodeID]? {
        guard room.isFull || progress.contains(where: \.lacksRoom) else { return nil }
        let own = ownSlot
        if !room.isFull, quorum.isSatisfied(by: { $0 == own || !progress[$0].lacksRoom }) { return nil }
        let full = membership.members.indices.filter { $0 == own ? room.isFull : progress[$0].lacksRoom }
        return full.map { membership.members[$0].member.id }
    }

    /// A peer says whether its disk takes entries. One that does not costs a probe now and then, ever more rarely
    /// (rule P5); its heartbeats tell when it does again.
    mutating func noteRoom(of slot: Int, lacksRoom: Bool, _ now: Instant, _ fx: inout Effects) {
        guard progress[slot].lacksRoom != lacksRoom else { return }
        progress[slot].lacksRoom = lacksRoom
        fx.append(.trace(.peerRoomChanged(progress[slot].member.id, lacksRoom: lacksRoom)))
        guard progress[slot].mode != .snapshot else { return }
        if lacksRoom {
            beginStream(slot)
            progress[slot].nextIndex = progress[slot].matchIndex.next
            progress[slot].isProbing = true
            times.peers[slot].stalledSince = nil
            times.peers[slot].probeBackoff = configuration.electionTimeout.upperBound
            times.peers[slot].probeAgain = now + configuration.electionTimeout.upperBound
        } else if progress[slot].isProbing {
            times.peers[slot].probeBackoff = 0
            restart(slot, from: progress[slot].matchIndex.next, now, &fx)
        }
    }

    /// A leader whose disk is full hands over, if then there can be writes again: a quorum without it has room, and of
    /// those one takes over that says so. Else it stays, for its reads.
    mutating func handOverForRoom(_ now: Instant, _ fx: inout Effects) {
        guard role == .leader, room.isFull, transfer == nil else { return }
        let own = ownSlot
        let canOthersServe = quorum.isSatisfied { slot in
            slot != own && isInTouch(slot, now) && (!progress[slot].lacksRoom || breaks(.transferToFull))
        }
        guard canOthersServe, let slot = bestSuccessor(now) else { return }
        begin(PendingTransfer(id: nil, target: progress[slot].member, givesUp: true), now, &fx)
    }
}
