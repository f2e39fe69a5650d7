import RaftMembership

// A leader's side of configuration changes (§6, D§4): one at a time, newcomers as learners first, voters by joint
// consensus, each step appended when the one before is committed.
extension RaftEngine {
    mutating func change(_ id: CallID, _ request: ChangeRequest, _ now: Instant, _ fx: inout Effects) {
        guard role == .leader else {
            fx.append(.changeEnded(id, .rejected(rejection)))
            return
        }
        // A change that only waits for learners gives way to another: a slow one holds up nobody else (rule P7).
        let isOpen = change.map { $0.goal == nil } ?? false
        if isOpen || configurations.count > 1 || membership.isJoint {
            fx.append(
                .changeEnded(id, .refused("another change of membership is under way: try again when it is done")))
            return
        }
        if let transfer {
            fx.append(.changeEnded(id, .rejected(.transferring(transfer.target))))
            return
        }
        if let refusal = request.refusal(inEffect: effective.id) {
            fx.append(.changeEnded(id, .refused(refusal)))
            return
        }
        let unanswered = Membership.newcomers(in: request.changes).filter { newcomer in
            !request.known.contains { $0.id == newcomer.id }
        }
        let asked = unanswered.map { FormationMember(id: $0.id, addresses: $0.addresses) }
        // What can be refused at once is; who is asked for its incarnation is taken for a new life meanwhile.
        do {
            _ = try membership.goal(of: request.changes, mayLackCopies: breaks(.allowWitnessMajority)) { id in
                request.known.first { $0.id == id }?.incarnation ?? Incarnation(wireBound - 1)
            }
        } catch {
            fx.append(.changeEnded(id, .refused(error.description)))
            return
        }
        failChange("another change came while this one waited for learners to catch up", &fx)
        change = PendingChange(
            id: id, request: request, nonce: times.random.next(), unanswered: asked, answers: request.known)
        if !asked.isEmpty {
            fx.append(.membershipChanged)
            askNewcomers(&fx)
        }
        times.change = now + 10 * configuration.heartbeatInterval
        advanceMembership(now, &fx)
    }

    /// Why a call that only a leader serves is not served here.
    var rejection: Rejection {
        if isRemoved { return .removed }
        return hard.cluster == nil || membership.isEmpty ? .notFormed : .notLeader(leader)
    }

    // MARK: Newcomers

    private func askNewcomers(_ fx: inout Effects) {
        guard let change else { return }
        for newcomer in change.unanswered {
            send(
                .formationQuery(FormationQuery(nonce: change.nonce)),
                to: Member(id: newcomer.id, incarnation: .unknown), &fx)
        }
    }

    mutating func newcomerConnected(_ peer: Member, _ fx: inout Effects) {
        guard let change, change.unanswered.contains(where: { $0.id == peer.id }) else { return }
        send(.formationQuery(FormationQuery(nonce: change.nonce)), to: peer, &fx)
    }

    /// A newcomer says who it is: pristine, or of this very cluster, which it left with its data.
    mutating func newcomerAnswered(
        _ answer: FormationAnswer, from sender: Member, _ now: Instant, _ fx: inout Effects
    ) {
        guard let pending = change, pending.nonce == answer.nonce,
            pending.unanswered.contains(where: { $0.id == sender.id })
        else { return }
        if let cluster = answer.cluster, cluster != hard.cluster {
            endChange(.refused("node \(sender.id) belongs to cluster \(cluster) already"), &fx)
            return
        }
        change?.unanswered.removeAll { $0.id == sender.id }
        change?.answers.append(sender)
        advanceMembership(now, &fx)
    }

    mutating func changeDeadlineReached(_ now: Instant, _ fx: inout Effects) {
        times.change = .distantFuture
        guard role == .leader, let pending = change else { return }
        times.change = now + 10 * configuration.heartbeatInterval
        if let silent = pending.unanswered.first {
            change?.patience -= 1
            guard pending.patience > 0 else {
                let address = silent.addresses.first ?? "an unknown address"
                endChange(
                    .refused("node \(silent.id) does not answer at \(address): start it there, and try again"), &fx)
                return
            }
            askNewcomers(&fx)
        } else if let slot = progress.indices.first(where: { isAwaited($0, now) && isStuck($0, now) }) {
            failChange("node \(progress[slot].member.id) makes no progress with catching up", &fx)
        } else if let slot = progress.indices.first(where: { isAwaited($0, now) && fallsBehind($0) }) {
            progress[slot].catchUp.rounds = 0
            failChange("node \(progress[slot].member.id) does not keep up with what is proposed", &fx)
        } else {
            advanceMembership(now, &fx)
        }
    }

    // MARK: Steps

    /// Takes the next step, when nothing of the last one is open any more (rule M1).
    mutating func advanceMembership(_ now: Instant, _ fx: inout Effects) {
        guard role == .leader, commitIndex >= termStart || breaks(.changeBeforeNoOp),
            configurations.count == 1 || breaks(.overlapChanges)
        else { return }
        if let left = membership.leavingJoint() {
            // Whoever leads finishes what it finds, once both halves have committed it (rule M3).
            if !breaks(.leaveJointUnfinished) { append(left, now, &fx) }
            return
        }
        if change != nil {
            advanceChange(now, &fx)
            if change != nil || configurations.count > 1 { return }
        }
        if !membership.isVoter(member) {
            handOver(now, &fx)
        } else if !takeInReturned(now, &fx) {
            promoteCaughtUp(now, &fx)
        }
    }

    private mutating func advanceChange(_ now: Instant, _ fx: inout Effects) {
        guard let pending = change, pending.unanswered.isEmpty else { return }
        guard let goal = pending.goal ?? takeGoal(of: pending, &fx) else { return }
        change?.goal = goal
        switch membership.step(toward: goal, isCaughtUp: { hasCaughtUp($0, now) }) {
        case .append(let next):
            if let objection = whyNot(next, now) {
                failChange(objection, &fx)
                return
            }
            change?.hasAppended = true
            append(next, now, &fx)
        case .wait(let learners):
            var hasNews = false
            for id in learners {
                guard let slot = membership.slot(of: id), beginCatchUp(slot, now, &fx) else { continue }
                hasNews = true
            }
            if hasNews { advanceChange(now, &fx) }
        case .done:
            endChange(.changed(effective), &fx)
        }
    }

    private func whyNot(_ next: Membership, _ now: Instant) -> String? {
        // On the way to the goal too (rule X1).
        if let objection = next.witnessObjection, !breaks(.allowWitnessMajority) { return objection }
        return missingQuorum(of: next, now)
    }

    /// Why the voters to be could not commit the configuration that makes them voters: too many of them do not answer. Who
    /// went on would have a cluster that no majority is left of (rule Q1).
    private func missingQuorum(of next: Membership, _ now: Instant) -> String? {
        guard next.isJoint, next.members.count <= times.peers.count, !breaks(.joinTheDead) else { return nil }
        func answers(_ slot: Int) -> Bool {
            if progress[slot].member == member { return true }
            guard progress[slot].member == next.members[slot].member, !progress[slot].isSuspect,
                let heard = times.peers[slot].lastHeard
            else { return false }
            return now - heard <= configuration.electionTimeout.upperBound
        }
        guard !Quorum(incoming: next.quorum.incoming).isSatisfied(by: answers) else { return nil }
        let silent = next.quorum.incoming.filter { !answers($0) }.map { "\(next.members[$0].member.id)" }
        return
            "of the voters that there would be, \(silent.joined(separator: ", ")) do not answer, and the others are no "
            + "majority: start them, or remove them first"
    }

    /// What the call comes to, judged by the configuration that is in effect now.
    private mutating func takeGoal(of pending: PendingChange, _ fx: inout Effects) -> Membership? {
        // Newcomers have taken their time to answer.
        if let refusal = pending.request.refusal(inEffect: effective.id) {
            endChange(.refused(refusal), &fx)
            return nil
        }
        do {
            return try membership.goal(
                of: pending.request.changes, mayLackCopies: breaks(.allowWitnessMajority)
            ) { id in
                pending.answers.last { $0.id == id }?.incarnation ?? .unknown
            }
        } catch {
            endChange(.refused(error.description), &fx)
            return nil
        }
    }

    mutating func append(_ next: Membership, _ now: Instant, _ fx: inout Effects) {
        guard let cluster = hard.cluster else { return }
        var builder = EntryBatchBuilder(firstIndex: log.last.index.next)
        builder.append(
            .configuration, term: term,
            payload: MembershipCodec.encode(ConfigurationPayload(cluster: cluster, membership: next)))
        append(builder.finish(), now, &fx)
    }

    /// Learners that were added to vote do so as soon as they keep up, whoever leads by then.
    private mutating func promoteCaughtUp(_ now: Instant, _ fx: inout Effects) {
        guard membership.members.contains(where: { $0.promoteWhenCaughtUp }) else { return }
        let ready = membership.members.filter { record in
            record.promoteWhenCaughtUp && !membership.isVoter(record.member.id) && hasCaughtUp(record.member, now)
        }
        guard !ready.isEmpty, transfer == nil else { return }
        do {
            let next = try promoting(ready.map(\.member.id))
            if let next { append(next, now, &fx) }
        } catch {
            // One may wait for a full voter beside it (rule X1), and the others need not wait for that.
            for record in ready {
                guard let next = try? promoting([record.member.id]) else { continue }
                return append(next, now, &fx)
            }
            fx.append(.trace(.changeEnded(.refused("who has caught up stays a learner for now: \(error)"))))
        }
    }

    private func promoting(_ learners: [NodeID]) throws -> Membership? {
        let goal = try membership.goal(of: learners.map { .promote($0) }, incarnation: { _ in .unknown })
        guard case .append(let next) = membership.step(toward: goal, isCaughtUp: { _ in true }) else { return nil }
        return next
    }

    // MARK: Catching up

    private func hasCaughtUp(_ member: Member, _ now: Instant) -> Bool {
        guard let slot = progress.firstIndex(where: { $0.member == member }), slot < times.peers.count,
            progress[slot].catchUp.isDone, !progress[slot].isSuspect, let heard = times.peers[slot].lastHeard
        else { return false }
        return now - heard <= configuration.electionTimeout.upperBound
    }

    /// True when the learner turns out to have caught up at once.
    mutating func beginCatchUp(_ slot: Int, _ now: Instant, _ fx: inout Effects) -> Bool {
        guard progress[slot].catchUp.roundEnd == nil, !progress[slot].catchUp.isDone else { return false }
        progress[slot].catchUp.roundEnd = log.last.index
        progress[slot].catchUp.rounds = 1
        times.peers[slot].roundStart = now
        times.peers[slot].advanced = now
        return countCatchUp(slot, now, &fx)
    }

    /// The learner acknowledged more. True when that was all it needed.
    mutating func countCatchUp(_ slot: Int, _ now: Instant, _ fx: inout Effects) -> Bool {
        times.peers[slot].advanced = now
        guard let end = progress[slot].catchUp.roundEnd, progress[slot].matchIndex >= end else { return false }
        // Who has all that there is would be done with the next round at once, and has nothing more to acknowledge.
        if now - times.peers[slot].roundStart < configuration.electionTimeout.lowerBound
            || progress[slot].matchIndex == log.last.index
        {
            progress[slot].catchUp.roundEnd = nil
            progress[slot].catchUp.isDone = true
            fx.append(.trace(.learnerCaughtUp(progress[slot].member, rounds: progress[slot].catchUp.rounds)))
            return true
        }
        progress[slot].catchUp.rounds += 1
        progress[slot].catchUp.roundEnd = log.last.index
        times.peers[slot].roundStart = now
        return false
    }

    /// A learner that the pending change waits for.
    private func isAwaited(_ slot: Int, _ now: Instant) -> Bool {
        guard let goal = change?.goal else { return false }
        let peer = progress[slot].member
        return goal.voters.contains(peer.id) && !membership.isVoter(peer.id) && !hasCaughtUp(peer, now)
    }

    /// It has acknowledged nothing new for long.
    private func isStuck(_ slot: Int, _ now: Instant) -> Bool {
        now - times.peers[slot].advanced > 20 * configuration.electionTimeout.upperBound
    }

    /// So many rounds, and none was short (D§4.2.1).
    private func fallsBehind(_ slot: Int) -> Bool { progress[slot].catchUp.rounds > 10 }

    // MARK: The end of a call

    private mutating func failChange(_ reason: String, _ fx: inout Effects) {
        guard let pending = change else { return }
        guard pending.hasAppended else {
            endChange(.refused(reason), &fx)
            return
        }
        let asked = membership.members.filter(\.promoteWhenCaughtUp).map { "node \($0.member.id)" }
        let rest = asked.isEmpty ? "" : "; \(asked.joined(separator: ", ")) will vote once caught up, unless removed"
        endChange(.unknown(reason + rest), &fx)
    }

    /// Ends the call as one of two, by whether anything was appended for it.
    mutating func endChange(_ nothingAppended: ChangeOutcome, orUnknown reason: String, _ fx: inout Effects) {
        guard let pending = change else { return }
        endChange(pending.hasAppended ? .unknown(reason) : nothingAppended, &fx)
    }

    private mutating func endChange(_ outcome: ChangeOutcome, _ fx: inout Effects) {
        guard let pending = change else { return }
        change = nil
        times.change = .distantFuture
        fx.append(.trace(.changeEnded(outcome)))
        fx.append(.changeEnded(pending.id, outcome))
        if !Membership.newcomers(in: pending.request.changes).isEmpty { fx.append(.membershipChanged) }
    }
}
