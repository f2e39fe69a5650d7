import RaftMembership

// Leadership transfer (D§3.10, rules T1, T2).
extension RaftEngine {
    mutating func transfer(
        _ id: CallID, to target: NodeID?, givesUp: Bool, _ now: Instant, _ fx: inout Effects
    ) {
        guard role == .leader else {
            fx.append(.transferEnded(id, .rejected(rejection)))
            return
        }
        if target == member.id {
            fx.append(.transferEnded(id, .transferred(to: member)))
            return
        }
        if let reason = whyNoTransfer(to: target, now) {
            fx.append(.transferEnded(id, .failed(reason)))
            return
        }
        guard let slot = target.flatMap({ membership.slot(of: $0) }) ?? bestSuccessor(now) else {
            fx.append(.transferEnded(id, .failed("no other voter is in touch: nobody could take over")))
            if givesUp { becomeFollower(of: nil, now, &fx) }
            return
        }
        begin(PendingTransfer(id: id, target: progress[slot].member, givesUp: givesUp), now, &fx)
    }

    private func whyNoTransfer(to target: NodeID?, _ now: Instant) -> String? {
        if let transfer { return "leadership is being handed to node \(transfer.target.id) already" }
        guard let target else { return nil }
        guard let slot = membership.slot(of: target) else { return "node \(target) is not a member" }
        switch membership.kind(of: target) {
        case .learner: return "node \(target) is a learner: it cannot lead"
        case .witness where !breaks(.transferToWitness): return "node \(target) is a witness: it cannot lead"
        default: break
        }
        if progress[slot].lacksRoom, !breaks(.transferToFull) {
            return "the disk of node \(target) is full: it could take no entries"
        }
        return isInTouch(slot, now) ? nil : "node \(target) is not in touch: it could not take over"
    }

    func isInTouch(_ slot: Int, _ now: Instant) -> Bool {
        guard !progress[slot].isSuspect, let heard = times.peers[slot].lastHeard else { return false }
        return now - heard <= configuration.electionTimeout.upperBound
    }

    /// The full voter with room on its disk that has most of the log, the lowest id among equals.
    func bestSuccessor(_ now: Instant) -> Int? {
        var best: Int?
        for slot in membership.members.indices {
            let record = membership.members[slot]
            guard record.member != member, !record.isWitness || breaks(.transferToWitness),
                membership.voters.contains(record.member.id), isInTouch(slot, now),
                !progress[slot].lacksRoom || breaks(.transferToFull)
            else { continue }
            if best.map({ progress[slot].matchIndex > progress[$0].matchIndex }) ?? true { best = slot }
        }
        return best
    }

    /// A leader whose committed configuration leaves it out, or has it as a learner: another takes over (rule M4).
    mutating func handOver(_ now: Instant, _ fx: inout Effects) {
        guard transfer == nil, !breaks(.leadFromOutside) else { return }
        guard let slot = bestSuccessor(now) else {
            becomeFollower(of: nil, now, &fx)
            return
        }
        begin(PendingTransfer(id: nil, target: progress[slot].member, givesUp: true), now, &fx)
    }

    mutating func begin(_ transfer: PendingTransfer, _ now: Instant, _ fx: inout Effects) {
        self.transfer = transfer
        times.transfer = now + 4 * configuration.electionTimeout.upperBound
        fx.append(.trace(.transferStarted(transfer.target)))
        advanceTransfer(now, &fx)
    }

    /// Fences proposals once the target has everything under way, and hands over once it has it (rule T1).
    mutating func advanceTransfer(_ now: Instant, _ fx: inout Effects) {
        guard role == .leader, let pending = transfer, !pending.isSent,
            let slot = progress.firstIndex(where: { $0.member == pending.target })
        else { return }
        if progress[slot].lacksRoom, !breaks(.transferToFull) {
            replaceSuccessor(pending, now, &fx)
            return
        }
        if !pending.isFenced {
            guard progress[slot].mode == .replicate, progress[slot].nextIndex > log.last.index else { return }
            transfer?.isFenced = true
            // The fence is short: whoever cannot take over within an election timeout will not.
            times.transfer = now + configuration.electionTimeout.upperBound
        }
        guard progress[slot].matchIndex == log.last.index || breaks(.transferToLaggard) else { return }
        transfer?.isSent = true
        endLease(&fx)
        send(.timeoutNow(TimeoutNow(term: term, last: log.last)), to: pending.target, &fx)
    }

    /// The disk of the one that was to take over has filled up meanwhile: it could take no entries (rule D4). The time for the
    /// transfer goes on.
    private mutating func replaceSuccessor(_ pending: PendingTransfer, _ now: Instant, _ fx: inout Effects) {
        if pending.givesUp, let slot = bestSuccessor(now) {
            let next = PendingTransfer(id: pending.id, target: progress[slot].member, givesUp: true)
            transfer = next
            fx.append(.trace(.transferStarted(next.target)))
            advanceTransfer(now, &fx)
            return
        }
        endTransfer(pending, .failed("the disk of node \(pending.target.id) is full: it could take no entries"), &fx)
        // Asked to, or outside of its configuration. One that has no room itself leads on: nobody else could do more.
        if pending.givesUp, pending.id != nil || !membership.isVoter(member) { becomeFollower(of: nil, now, &fx) }
    }

    /// It may have been lost on the way. A configuration that was appended since must have arrived first (rule T1).
    mutating func repeatTimeoutNow(_ fx: inout Effects) {
        guard role == .leader, let transfer, transfer.isSent,
            let slot = progress.firstIndex(where: { $0.member == transfer.target }),
            progress[slot].matchIndex == log.last.index || breaks(.transferToLaggard)
        else { return }
        send(.timeoutNow(TimeoutNow(term: term, last: log.last)), to: transfer.target, &fx)
    }

    mutating func transferDeadlineReached(_ now: Instant, _ fx: inout Effects) {
        times.transfer = .distantFuture
        guard let pending = transfer else { return }
        let name = "node \(pending.target.id)"
        let reason: String
        if role != .leader {
            reason = "\(name) did not take over in time, and this node leads no more: another election is due"
        } else if pending.isFenced {
            reason = "\(name) did not take over in time: this node \(pending.givesUp ? "gives up" : "leads on")"
        } else {
            reason = "\(name) could not be caught up in time: this node \(pending.givesUp ? "gives up" : "leads on")"
        }
        endTransfer(pending, .failed(reason), &fx)
        if pending.givesUp, role == .leader { becomeFollower(of: nil, now, &fx) }
    }

    /// A leader is known again.
    mutating func noteSuccessor(_ successor: Member, _ fx: inout Effects) {
        guard let transfer else { return }
        endTransfer(
            transfer,
            successor == transfer.target
                ? .transferred(to: successor)
                : .failed(
                    successor == member
                        ? "this node was elected again" : "node \(successor.id) was elected instead"), &fx)
    }

    mutating func endTransfer(_ pending: PendingTransfer, _ outcome: TransferOutcome, _ fx: inout Effects) {
        transfer = nil
        times.transfer = .distantFuture
        fx.append(.trace(.transferEnded(outcome)))
        if let id = pending.id { fx.append(.transferEnded(id, outcome)) }
    }

    // MARK: A disk that hangs

    /// Whether the oldest write is under way for too long (rule D5).
    func isDiskStalled(_ now: Instant) -> Bool {
        guard let oldest = times.writes.first, !breaks(.leadWithHungDisk) else { return false }
        return now - oldest.submitted > configuration.diskStall
    }

    /// Another leads while this disk hangs: without a write, and without waiting for one. What was proposed here may be
    /// committed by others, so its outcome is unknown (rule D5).
    mutating func giveUpForDisk(_ now: Instant, _ fx: inout Effects) {
        fx.append(.trace(.diskStalled(milliseconds: (now - (times.writes.first?.submitted ?? now)) / 1_000_000)))
        if let slot = bestSuccessor(now), progress[slot].matchIndex == log.last.index {
            endLease(&fx)
            send(.timeoutNow(TimeoutNow(term: term, last: log.last)), to: progress[slot].member, &fx)
        }
        becomeFollower(of: nil, now, &fx)
        times.waiters = .distantFuture
        fx.append(.abandon(after: .zero))
    }

    // MARK: The target

    /// Campaigns at once, without a pre-vote: the leader that its voters would hold on to has asked for it.
    mutating func receive(_ message: TimeoutNow, from sender: Member, _ now: Instant, _ fx: inout Effects) {
        guard role == .follower, message.term == term, leader == sender, log.last == message.last, mayCampaign,
            !room.isFull || breaks(.transferToFull), !isAbstaining(now), !isIdentityUnannounced,
            term.next.rawValue < wireBound
        else { return }
        startElection(transferredFrom: term, now, &fx)
    }
}
