import RaftMembership

// Leases (D§6.4.1): while a quorum has promised to vote for nobody else, nobody else leads, and the leader may read without
// asking. Voters promise for a time from their receipt of a request; the leader counts from when it was sent, which is
// earlier (rule R4).
extension RaftEngine {
    // MARK: What a voter promises

    /// Nanoseconds; never more than the hard state says it may have promised (rule R6).
    var promise: UInt64 { min(configuration.promise, hard.largestPromise) }

    /// The leader was heard from.
    mutating func bind(_ now: Instant) {
        times.promiseEnds = max(times.promiseEnds, now + promise)
        times.promiseTerm = term
    }

    /// A start: what was promised before it may hold for as long as was ever promised (rule R6).
    mutating func abstain(_ now: Instant, _ fx: inout Effects) {
        guard !breaks(.voteAfterRestart) else { return }
        times.abstainsUntil = now + hard.largestPromise
        guard isAbstaining(now), hard.startCounter > 1, !membership.isEmpty else { return }
        fx.append(.trace(.votesWithheld(milliseconds: hard.largestPromise / 1_000_000)))
    }

    /// Promises of before the start are void by now, and no longer ones are given.
    mutating func forgetOldPromises() {
        if hard.largestPromise > configuration.promise, times.now >= times.abstainsUntil {
            hard.largestPromise = configuration.promise
        }
    }

    /// Whether this voter may be bound by what it promised before its start. The only voter has promised itself; where entries
    /// are damaged, nobody knows that it is the only one (rule D3).
    func isAbstaining(_ now: Instant) -> Bool {
        guard now < times.abstainsUntil else { return false }
        return damage != nil || !(quorum.isSingle && ownSlot.map(quorum.contains) ?? false)
    }

    /// Whether a promise forbids this vote. It outlives its term, for a later term may have come in any message; it ends
    /// when that leader, or a later one, has handed over (rule R5).
    func isBound(_ now: Instant, by request: VoteRequest) -> Bool {
        if breaks(.ignoreStickiness) { return false }
        if isAbstaining(now) { return true }
        guard now < times.promiseEnds, !breaks(.forgetPromise) else { return false }
        let isReleased =
            request.transferredFrom != .zero && times.promiseTerm <= request.transferredFrom
            && request.term == request.transferredFrom.next
        return !isReleased && !(breaks(.transferForEver) && request.transferredFrom != .zero)
    }

    // MARK: What a leader makes of it

    /// When the lease of this leader ends, by its own clock; the origin when there is none. Computed anew each time, from
    /// the configuration in effect: its quorum whose first promise ends last.
    package func leaseEnd(_ now: Instant) -> Instant {
        guard role == .leader, commitIndex >= termStart || breaks(.serveBeforeNoOp),
            !hasHandedOver || breaks(.keepLeaseAfterTransfer),
            configuration.leaseDrift < 100, !isDiskStalled(now)
        else { return .origin }
        let own = ownSlot
        if breaks(.leaseFromMinority) { return times.peers.indices.map { promiseEnd(of: $0) }.max() ?? .origin }
        return quorum.greatestReached(lowest: Instant.origin) { slot in
            slot == own ? .distantFuture : promiseEnd(of: slot)
        }
    }

    private func promiseEnd(of slot: Int) -> Instant {
        guard !progress[slot].isSuspect, let sent = times.peers[slot].acknowledged else { return .origin }
        let promise = times.peers[slot].promise
        return sent + (breaks(.ignoreDrift) ? promise : promise / 100 * UInt64(100 - configuration.leaseDrift))
    }

    /// Since when this leader is known to have led: a quorum has acknowledged what was sent then.
    func confirmedSince(_ now: Instant) -> Instant {
        let own = ownSlot
        return quorum.greatestReached(lowest: Instant.origin) { slot in
            if slot == own { return now }
            return progress[slot].isSuspect ? .origin : times.peers[slot].acknowledged ?? .origin
        }
    }

    /// No lease stands any more in this term: another was told to take over (rule R5).
    mutating func endLease(_ fx: inout Effects) {
        guard !hasHandedOver else { return }
        hasHandedOver = true
        fx.append(.trace(.leaseEnded(term)))
    }

    // MARK: When what was sent

    // One message of each kind is followed at a time, so that nothing is kept by message: the answer to it or to a later one
    // says that the peer got something that was sent no earlier.

    mutating func noteSent(beat round: UInt64, to slot: Int) {
        if times.peers[slot].beat == nil { times.peers[slot].beat = Times.Sent(number: round, at: times.now) }
    }

    mutating func noteSent(request sequence: UInt64, to slot: Int) {
        if times.peers[slot].request == nil { times.peers[slot].request = Times.Sent(number: sequence, at: times.now) }
    }

    mutating func noteAcknowledged(beat round: UInt64, _ promise: UInt64, by slot: Int, _ now: Instant) {
        guard let sent = times.peers[slot].beat, round >= sent.number else { return }
        times.peers[slot].beat = nil
        times.peers[slot].roundTrip = now - sent.at
        times.peers[slot].roundTrips &+= 1
        noteAcknowledged(sent.at, promise, by: slot, now)
    }

    mutating func noteAcknowledged(request sequence: UInt64, _ promise: UInt64, by slot: Int, _ now: Instant) {
        guard let sent = times.peers[slot].request, sequence >= sent.number else { return }
        times.peers[slot].request = nil
        noteAcknowledged(sent.at, promise, by: slot, now)
    }

    private mutating func noteAcknowledged(_ sent: Instant, _ promise: UInt64, by slot: Int, _ now: Instant) {
        let sent = breaks(.leaseFromReceipt) ? now : sent
        guard sent >= times.peers[slot].acknowledged ?? .origin else { return }
        times.peers[slot].acknowledged = sent
        times.peers[slot].promise = promise
    }
}
