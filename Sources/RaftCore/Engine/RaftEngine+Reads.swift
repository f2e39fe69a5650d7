import RaftMembership

/// Reads that wait (D§6.4). A read takes the commit index at its arrival and is confirmed by a round of heartbeats that
/// started after it (rule R1); rounds are shared by all reads that wait for the next one.
struct PendingReads: Hashable, Sendable {
    struct Read: Hashable, Sendable {
        var id: ReadID
        /// What must be applied before it may be answered.
        var index: LogIndex
        /// Any round from this one on confirms it.
        var round: UInt64
    }

    /// The last round that was started; each has a number of its own (rule R2).
    var round: UInt64 = 0
    /// The last round that a quorum confirmed.
    var confirmedRound: UInt64 = 0
    /// Arrived before this leader committed an entry of its term (rule C8).
    var held: [ReadID] = []
    /// Wait for their round. Rounds never fall.
    var unconfirmed: [Read] = []
    /// Confirmed; wait for the machine.
    var confirmed: [Read] = []
}

extension RaftEngine {
    mutating func requestRead(_ id: ReadID, _ now: Instant, _ fx: inout Effects) {
        guard role == .leader else {
            fx.append(.readFailed(id, rejection))
            return
        }
        guard commitIndex >= termStart || breaks(.serveBeforeNoOp) else {
            reads.held.append(id)
            return
        }
        admit(id, now, &fx)
    }

    mutating func admitHeldReads(_ now: Instant, _ fx: inout Effects) {
        let held = reads.held
        reads.held = []
        for id in held { admit(id, now, &fx) }
    }

    private mutating func admit(_ id: ReadID, _ now: Instant, _ fx: inout Effects) {
        if breaks(.readWithoutRound) {
            reads.confirmed.append(PendingReads.Read(id: id, index: commitIndex, round: reads.round))
            releaseReads(&fx)
            return
        }
        // A round under way began before this read and proves nothing for it.
        let isIdle = reads.confirmedRound == reads.round
        reads.unconfirmed.append(PendingReads.Read(id: id, index: commitIndex, round: reads.round + 1))
        if isIdle { startReadRound(now, &fx) }
    }

    /// Heartbeats with a number never used before.
    mutating func startReadRound(_ now: Instant, _ fx: inout Effects) {
        reads.round += 1
        broadcastHeartbeat(&fx)
        confirmReads(now, &fx)
    }

    /// A quorum, this leader included, has answered some round: reads that waited for it or an earlier one go on.
    mutating func confirmReads(_ now: Instant, _ fx: inout Effects) {
        let own = ownSlot
        let reached = quorum.greatestReached(lowest: UInt64(0)) { slot in
            if slot == own { return reads.round }
            return progress[slot].isSuspect ? 0 : progress[slot].confirmedRound
        }
        guard reached > reads.confirmedRound else { return }
        reads.confirmedRound = reached
        let count = reads.unconfirmed.prefix { $0.round <= reached }.count
        if count > 0 {
            reads.confirmed.append(contentsOf: reads.unconfirmed.prefix(count))
            reads.unconfirmed.removeFirst(count)
            releaseReads(&fx)
        }
        if !reads.unconfirmed.isEmpty, reached == reads.round { startReadRound(now, &fx) }
    }

    /// A read is released once everything it must see has been ordered to be applied: the machine takes orders in order.
    mutating func releaseReads(_ fx: inout Effects) {
        guard !reads.confirmed.isEmpty else { return }
        let visible = breaks(.readBeforeApplied) ? log.last.index : applySubmitted
        reads.confirmed.removeAll { read in
            guard read.index <= visible else { return false }
            fx.append(.readReady(read.id))
            return true
        }
    }

    /// Every read ends (rule R3).
    mutating func failReads(_ why: Rejection, _ fx: inout Effects) {
        for id in reads.held { fx.append(.readFailed(id, why)) }
        for read in reads.unconfirmed + reads.confirmed { fx.append(.readFailed(read.id, why)) }
        reads.held = []
        reads.unconfirmed = []
        reads.confirmed = []
    }
}
