import RaftMembership

/// Reads that wait (D§6.4). A read takes the commit index at its arrival and is confirmed by a round of heartbeats that
/// started after it (rule R1); rounds are shared by all reads that wait for the next one.
struct PendingReads: Hashable, Sendable {
    struct Read: Hashable, Sendable {
        var asker: ReadAsker
        /// What must be applied before it may be answered.
        var index: LogIndex
        /// Any round from this one on confirms it.
        var round: UInt64
        var proof: ReadProof
    }

    struct Held: Hashable, Sendable {
        var asker: ReadAsker
        var kind: ReadKind
    }

    /// The last round that was started; each has a number of its own (rule R2).
    var round: UInt64 = 0
    /// The last round that a quorum confirmed.
    var confirmedRound: UInt64 = 0
    /// Arrived before this leader committed an entry of its term (rule C8).
    var held: [Held] = []
    /// Wait for their round. Rounds never fall.
    var unconfirmed: [Read] = []
    /// Confirmed; wait for the machine.
    var confirmed: [Read] = []
}

/// What the one gate of reads and writes says (rule R5).
enum Standing: Hashable, Sendable {
    /// Another serves, or none does.
    case refused(Rejection)
    /// Leads, and takes writes; no read before an entry of its term is committed (rule C8).
    case begins
    /// Leads as far as it knows, so that a read needs a quorum's word.
    case leads
    /// Nobody else leads as long as the lease stands (rule R4).
    case leased
}

extension RaftEngine {
    /// The one gate of reads and writes (rule R5).
    func ensureLeading(_ now: Instant) -> Standing {
        guard role == .leader else { return .refused(rejection) }
        guard commitIndex >= termStart || breaks(.serveBeforeNoOp) else { return .begins }
        return now < leaseEnd(now) ? .leased : .leads
    }

    mutating func requestRead(_ id: ReadID, _ kind: ReadKind, _ now: Instant, _ fx: inout Effects) {
        // There is no state to be read (rule X3).
        if isWitness, !breaks(.readAtWitness) {
            fx.append(.readFailed(id, .witness))
            return
        }
        guard case .refused(let why) = ensureLeading(now) else {
            serve(.call(id), kind, now, &fx)
            return
        }
        switch kind {
        case .linearizable, .lease: fx.append(.readFailed(id, why))
        case .follower, .stale: requestFollowerRead(id, kind, otherwise: why, now, &fx)
        case .anyAge: fx.append(.readReady(id, .round))
        }
    }

    mutating func admitHeldReads(_ now: Instant, _ fx: inout Effects) {
        let held = reads.held
        reads.held = []
        for read in held { serve(read.asker, read.kind, now, &fx) }
    }

    /// A leader's side, for calls of its own and questions of peers.
    mutating func serve(_ asker: ReadAsker, _ kind: ReadKind, _ now: Instant, _ fx: inout Effects) {
        let standing = ensureLeading(now)
        if case .begins = standing {
            reads.held.append(PendingReads.Held(asker: asker, kind: kind))
            return
        }
        if let proof = immediateProof(of: kind, standing, now) {
            confirm(PendingReads.Read(asker: asker, index: commitIndex, round: reads.round, proof: proof), &fx)
            releaseReads(&fx)
            return
        }
        // What a round confirms was current after the read came.
        let proof: ReadProof = if case .stale(let atMost) = kind { .age(since: now, atMost: atMost) } else { .round }
        // A round under way began before this read and proves nothing for it.
        let isIdle = reads.confirmedRound == reads.round
        reads.unconfirmed.append(
            PendingReads.Read(asker: asker, index: commitIndex, round: reads.round + 1, proof: proof))
        if isIdle { startReadRound(now, &fx) }
    }

    /// What a read can be answered on without a round; nil when it needs one.
    private func immediateProof(of kind: ReadKind, _ standing: Standing, _ now: Instant) -> ReadProof? {
        if breaks(.readWithoutRound) { return .round }
        switch kind {
        case .lease: return standing == .leased ? .lease : nil
        case .stale(let atMost):
            let since = confirmedSince(now)
            return now - since <= atMost ? .age(since: since, atMost: atMost) : nil
        case .anyAge: return .round
        case .linearizable, .follower: return nil
        }
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
            for read in reads.unconfirmed.prefix(count) { confirm(read, &fx) }
            reads.unconfirmed.removeFirst(count)
            releaseReads(&fx)
        }
        if !reads.unconfirmed.isEmpty, reached == reads.round { startReadRound(now, &fx) }
    }

    /// A peer waits for its own machine, a call for this server's.
    private mutating func confirm(_ read: PendingReads.Read, _ fx: inout Effects) {
        switch read.asker {
        case .call: reads.confirmed.append(read)
        case .peer(let question): answer(question, read.index, &fx)
        }
    }

    /// A read is released once everything it must see has been ordered to be applied: the machine takes orders in order.
    mutating func releaseReads(_ fx: inout Effects) {
        releaseFollowerReads(&fx)
        guard !reads.confirmed.isEmpty else { return }
        let visible = breaks(.readBeforeApplied) ? log.last.index : applySubmitted
        reads.confirmed.removeAll { read in
            guard read.index <= visible, case .call(let id) = read.asker else { return false }
            fx.append(.readReady(id, read.proof))
            return true
        }
    }

    /// Every read ends (rule R3).
    mutating func failReads(_ why: Rejection, _ fx: inout Effects) {
        func fail(_ asker: ReadAsker) {
            switch asker {
            case .call(let id): fx.append(.readFailed(id, why))
            // It asks whoever leads then.
            case .peer(let question): answer(question, nil, &fx)
            }
        }
        for read in reads.held { fail(read.asker) }
        for read in reads.unconfirmed + reads.confirmed { fail(read.asker) }
        reads.held = []
        reads.unconfirmed = []
        reads.confirmed = []
        if isFenced { failFollowerReads(&fx) }
    }
}
