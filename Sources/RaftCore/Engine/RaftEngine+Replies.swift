import RaftMembership

// What followers answer to a leader's requests: how far their logs match, what was lost on the way, and who no longer has
// what it acknowledged (§5.3, rules P1 to P4, L3).
extension RaftEngine {
    mutating func receive(_ reply: AppendReply, from sender: Member, _ now: Instant, _ fx: inout Effects) {
        guard let slot = slotOfReply(term: reply.term, stream: reply.stream, from: sender, now, &fx),
            reply.sequence <= progress[slot].sequence
        else { return }
        switch reply.outcome {
        case .matched(let index):
            noteAcknowledged(request: reply.sequence, reply.promise, by: slot, now)
            if !reply.lacksRoom {
                if progress[slot].isProbing {
                    progress[slot].isProbing = false
                    progress[slot].mode = .replicate
                }
                times.peers[slot].probeBackoff = 0
            }
            noteRoom(of: slot, lacksRoom: reply.lacksRoom, now, &fx)
            acknowledge(slot, through: index, now, &fx)
        case .conflict(let hint):
            if progress[slot].probesOwnMatch, progress[slot].isProbing {
                suspect(slot, &fx)
                return
            }
            var index = min(hint.index, log.last.index)
            if breaks(.hintMovesMatch), index > progress[slot].matchIndex {
                acknowledge(slot, through: index, now, &fx)
            }
            if let own = log.terms.term(at: index), own > hint.term {
                index = min(index, log.terms.lastIndex(withTermAtMost: hint.term))
            }
            restart(slot, from: index.next, now, &fx)
        }
    }

    mutating func receive(_ reply: HeartbeatReply, from sender: Member, _ now: Instant, _ fx: inout Effects) {
        guard let slot = slotOfReply(term: reply.term, stream: reply.stream, from: sender, now, &fx) else { return }
        guard reply.hasMatch else {
            // Heartbeats build on what the peer acknowledged in this very term (rule L3).
            suspect(slot, &fx)
            return
        }
        noteAcknowledged(beat: reply.round, reply.promise, by: slot, now)
        let round = breaks(.lateRoundConfirms) ? reads.round : reply.round
        if round > progress[slot].confirmedRound, round <= reads.round {
            progress[slot].confirmedRound = round
            confirmReads(now, &fx)
            if progress[slot].departure != nil {
                endDepartures(now, &fx)
                guard slot < progress.count, progress[slot].member == sender else { return }
            }
        }
        noteRoom(of: slot, lacksRoom: reply.lacksRoom, now, &fx)
        if progress[slot].isProbing, !reply.lacksRoom, reply.accepted >= progress[slot].nextIndex.previous {
            // The probe arrived and matched; only the disk takes its time. Probing on would run past the window.
            progress[slot].isProbing = false
            progress[slot].mode = .replicate
        }
        if progress[slot].mode == .replicate {
            acknowledge(slot, through: reply.matched, now, &fx)
            guard role == .leader, let slot = progress.firstIndex(where: { $0.member == sender }) else { return }
            noticeLoss(slot, accepted: reply.accepted, now, &fx)
        }
    }

    /// The slot of a reply that counts; steps down when it shows a higher term, whatever else it says (rule V9).
    mutating func slotOfReply(
        term replyTerm: Term, stream: UInt32, from sender: Member, _ now: Instant, _ fx: inout Effects
    ) -> Int? {
        if replyTerm > term {
            // The word of a member counts, whoever leads; a stranger's does not.
            if isMember(sender), !breaks(.ignoreTermInReplies) { adopt(replyTerm, now, &fx) }
            return nil
        }
        guard replyTerm == term, role == .leader, sender != member,
            let slot = progress.firstIndex(where: { $0.member == sender }), !progress[slot].isSuspect
        else { return nil }
        noteHeard(slot, now)
        return stream == progress[slot].stream || breaks(.acceptEarlierStream) ? slot : nil
    }

    /// A peer that was silent and is heard again, as after a cut, is probed with the next heartbeat: it does not wait out
    /// a back-off that grew while it could not answer (rule P4). A silence lasts at least as long as the shortest
    /// back-off, so that this never costs more than two probes in that time (rule P5).
    private mutating func noteHeard(_ slot: Int, _ now: Instant) {
        if let heard = times.peers[slot].lastHeard, now - heard > configuration.electionTimeout.lowerBound {
            times.peers[slot].probeBackoff = 0
            times.peers[slot].probeAgain = now
        }
        times.peers[slot].lastHeard = now
    }

    mutating func acknowledge(_ slot: Int, through index: LogIndex, _ now: Instant, _ fx: inout Effects) {
        let peer = progress[slot].member
        guard index <= log.last.index else {
            fence("node \(progress[slot].member.id) acknowledges entry \(index), which this leader never had", &fx)
            return
        }
        if index > progress[slot].matchIndex {
            times.peers[slot].lossPatience = configuration.electionTimeout.lowerBound
            progress[slot].matchIndex = index
            progress[slot].nextIndex = max(progress[slot].nextIndex, index.next)
            if !breaks(.leakInflight) { progress[slot].inflight.acknowledge(through: index) }
            if progress[slot].mode != .snapshot {
                // It has what it was to be sent, by whatever way.
                transfers.removeAll { $0.member == peer && $0.snapshot.last.index <= index }
            }
            let hasCaughtUp = progress[slot].catchUp.roundEnd != nil && countCatchUp(slot, now, &fx)
            advanceCommit(now, &fx)
            if hasCaughtUp { advanceMembership(now, &fx) }
        }
        // Leadership may have been handed over meanwhile, and a configuration may have moved the slots.
        guard role == .leader, let slot = progress.firstIndex(where: { $0.member == peer }) else { return }
        replicate(to: slot, now, &fx)
        if !membership.isVoter(member) { replicateToWitnesses(now, &fx) }
        if transfer != nil { advanceTransfer(now, &fx) }
    }

    /// Tells lost requests from a disk that takes its time: what arrived is in the peer's accepted index at once.
    private mutating func noticeLoss(_ slot: Int, accepted: LogIndex, _ now: Instant, _ fx: inout Effects) {
        let isWaiting = accepted < progress[slot].nextIndex.previous
        if accepted > progress[slot].acceptedIndex || !isWaiting {
            progress[slot].acceptedIndex = max(accepted, progress[slot].acceptedIndex)
            times.peers[slot].stalledSince = nil
        }
        guard isWaiting else { return }
        guard let since = times.peers[slot].stalledSince else {
            times.peers[slot].stalledSince = now
            return
        }
        // A large entry on a slow link takes longer than a lost one is worth waiting for: patience grows.
        let patience = max(times.peers[slot].lossPatience, configuration.electionTimeout.lowerBound)
        guard now - since >= patience else { return }
        times.peers[slot].lossPatience = min(2 * patience, 16 * configuration.electionTimeout.upperBound)
        restart(slot, from: accepted.next, now, &fx)
    }

    /// It acknowledged entries of this term as durable and does not have them: amnesiac or damaged (rules L3, M10).
    private mutating func suspect(_ slot: Int, _ fx: inout Effects) {
        fx.append(.trace(.peerSuspect(progress[slot].member.id, progress[slot].matchIndex)))
        progress[slot].isSuspect = !breaks(.keepSuspectInQuorum)
        progress[slot].inflight.removeAll()
    }
}
