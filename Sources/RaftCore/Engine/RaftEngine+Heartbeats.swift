import RaftMembership

// A leader's heartbeats, with the current read round in them, and what it looks at with each (§5.2, rule K2).
extension RaftEngine {
    mutating func heartbeatDeadlineReached(_ now: Instant, _ fx: inout Effects) {
        guard role == .leader else {
            times.heartbeat = .distantFuture
            return
        }
        if isDiskStalled(now) {
            giveUpForDisk(now, &fx)
            return
        }
        guard hasLiveQuorum(within: configuration.electionTimeout.upperBound, now) || breaks(.leadWithoutQuorum) else {
            stepDownWithoutQuorum(now, &fx)
            return
        }
        // The origin is random and the period fixed: no drift (rule K2). After a pause the missed beats are skipped.
        let missed = (now - times.heartbeat) / configuration.heartbeatInterval
        times.heartbeat = times.heartbeat + (missed + 1) * configuration.heartbeatInterval
        endDepartures(now, &fx)
        startReadRound(now, &fx)
        advanceMembership(now, &fx)
        handOverForRoom(now, &fx)
        repeatTimeoutNow(&fx)
        for slot in progress.indices where now >= times.peers[slot].probeAgain {
            if progress[slot].isProbing {
                progress[slot].isProbing = false
                replicate(to: slot, now, &fx)
            } else if progress[slot].mode == .snapshot, !progress[slot].isSuspect {
                offerSnapshot(to: slot, now, &fx)
            }
        }
    }

    /// Heartbeats to all, with the current read round in them.
    mutating func broadcastHeartbeat(_ fx: inout Effects) {
        for slot in progress.indices { sendHeartbeat(to: slot, &fx) }
    }

    private mutating func sendHeartbeat(to slot: Int, _ fx: inout Effects) {
        let peer = progress[slot]
        if peer.member == member { return }
        // Prev is the peer's matchIndex, so that overtaking appends causes no false conflict (rule L3).
        let previous = log.terms.term(at: peer.matchIndex).map { LogID(term: $0, index: peer.matchIndex) } ?? .zero
        let commit = breaks(.trustHeartbeatCommit) ? commitIndex : min(commitIndex, previous.index)
        progress[slot].toldCommit = max(peer.toldCommit, commit)
        noteDeparture(slot, told: commit)
        noteSent(beat: reads.round, to: slot)
        send(
            .heartbeat(
                Heartbeat(
                    term: term, stream: peer.stream, previous: previous, leaderCommit: commit, round: reads.round)),
            to: peer.member, &fx)
    }

    /// An idle peer hears of a new commit index soon, but not before the next request had a chance to carry it.
    mutating func noteCommit(for slot: Int, _ now: Instant) {
        guard progress[slot].toldCommit < min(commitIndex, progress[slot].matchIndex) else { return }
        times.commitNotice = min(times.commitNotice, now + configuration.heartbeatInterval / 16)
    }

    mutating func commitNoticeDeadlineReached(_ fx: inout Effects) {
        times.commitNotice = .distantFuture
        guard role == .leader else { return }
        for slot in progress.indices
        where progress[slot].toldCommit < min(commitIndex, progress[slot].matchIndex) {
            sendHeartbeat(to: slot, &fx)
        }
    }
}
