import RaftMembership

// Leader election (§5.2, §5.4.1), pre-vote and check-quorum (D§9.6, D§6.2).
extension RaftEngine {
    // MARK: Campaigns

    /// A server may campaign while the configuration in effect has it as a voter, or one before that may be the last that
    /// is committed: until its removal is committed it may be the one that must lead (rule V12, D§4.2.2). Never while its
    /// log is damaged (rule D3), and never as a witness (rule X3).
    package var mayCampaign: Bool {
        func isFullVoter(_ membership: Membership) -> Bool {
            guard let slot = membership.slot(of: member) else { return false }
            return membership.isVoter(member) && (!membership.members[slot].isWitness || breaks(.campaignAsWitness))
        }
        return (!isRemoved || breaks(.campaignAfterRemoval)) && (damage == nil || breaks(.campaignDamaged))
            && (copy != .positions || breaks(.campaignAsWitness))
            && configurations.contains { isFullVoter($0.membership) }
    }

    mutating func electionDeadlineReached(_ now: Instant, _ fx: inout Effects) {
        times.electionTimeouts += 1
        resetElectionDeadline(now)
        // A leader with such a disk would be none (rule D5).
        if isDiskStalled(now) || isAbstaining(now) { return }
        // Its own vote is on the way to the disk: another campaign would only wait for another write.
        if role == .candidate, log.isHardStatePending { return }
        // Nobody is told of a cluster whose first entry a crash could still undo (rule M9).
        guard role != .leader, mayCampaign, !isIdentityUnannounced else { return }
        // A term that no format can carry is never entered (rule V15).
        guard term.next.rawValue < wireBound else {
            fence(
                "terms are used up: a peer has raised the term to \(term), after which no format can carry another", &fx
            )
            return
        }
        if breaks(.transferForEver), transferredFrom != .zero {
            startElection(transferredFrom: transferredFrom, now, &fx)
            return
        }
        startPreVote(now, &fx)
    }

    /// Drawn anew each time, so that split votes end (rule V11). A low priority waits longer, ever less so (rule V16).
    mutating func resetElectionDeadline(_ now: Instant) {
        // Who could take no entries is a leader of the last resort (rule D4).
        let priority = room.isFull ? 0 : configuration.electionPriority
        let patience = UInt64(10 - priority) * configuration.electionTimeout.upperBound / 10
        let left = breaks(.keepPriority) ? 3 : 3 - min(3, times.electionTimeouts)
        times.election = now + times.random.next(in: configuration.electionTimeout) + patience * left / 3
    }

    /// Asks whether an election could be won, without touching anybody's term (D§9.6).
    private mutating func startPreVote(_ now: Instant, _ fx: inout Effects) {
        change(role: .preCandidate, leader: nil, &fx)
        beginCampaign()
        fx.append(.trace(.electionStarted(term.next, isPreVote: true)))
        countOwnVote()
        for peer in others {
            // A voter may not know yet that it belongs, even when others have committed without it (rule M9): a joint
            // configuration may need the vote of a founder that was down since the cluster was formed.
            if let cluster = hard.cluster { send(.adopt(Adopt(cluster: cluster)), to: peer, &fx) }
            requestVote(of: peer, term: term.next, isPreVote: true, &fx)
        }
        countVotes(now, &fx)
    }

    /// - Parameter transferredFrom: the term whose leader asked for it (rule T2); zero for an election of its own.
    mutating func startElection(transferredFrom: Term = .zero, _ now: Instant, _ fx: inout Effects) {
        resetElectionDeadline(now)
        hard.term = term.next
        hard.votedFor = member
        enteredTerm(now, &fx)
        change(role: .candidate, leader: nil, &fx)
        beginCampaign()
        if !breaks(.transferForEver) || transferredFrom != .zero { self.transferredFrom = transferredFrom }
        fx.append(.trace(.electionStarted(term, isPreVote: false)))
        persist(hardStateChanged: true, &fx)
        if breaks(.requestVotesBeforePersist) {
            for peer in others { requestVote(of: peer, term: term, isPreVote: false, &fx) }
        }
    }

    /// The candidate's own vote is on disk: only now may it ask for others (rule V2).
    mutating func candidacyBecameDurable(_ now: Instant, _ fx: inout Effects) {
        // The voters get a full timeout, however long the disk took.
        resetElectionDeadline(now)
        countOwnVote()
        for peer in others { requestVote(of: peer, term: term, isPreVote: false, &fx) }
        // A single voter has won at this moment (rule V8).
        if !breaks(.singleVoterWaits) { countVotes(now, &fx) }
    }

    private mutating func beginCampaign() {
        campaign += 1
        if !breaks(.transferForEver) { transferredFrom = .zero }
        votes = [Bool](repeating: false, count: membership.members.count)
    }

    private mutating func countOwnVote() {
        if let slot = ownSlot { votes[slot] = true }
    }

    private func requestVote(of peer: Member, term: Term, isPreVote: Bool, _ fx: inout Effects) {
        guard membership.isVoter(peer) else { return }
        send(
            .voteRequest(
                VoteRequest(
                    term: term, round: campaign, isPreVote: isPreVote, last: log.last,
                    transferredFrom: transferredFrom)), to: peer, &fx)
    }

    private mutating func countVotes(_ now: Instant, _ fx: inout Effects) {
        guard quorum.isSatisfied(by: { $0 < votes.count && votes[$0] }) else { return }
        switch role {
        case .preCandidate: startElection(now, &fx)
        case .candidate: if !log.isHardStatePending { becomeLeader(now, &fx) }
        case .follower, .leader: break
        }
    }

    mutating func receive(_ reply: VoteReply, from voter: Member, _ now: Instant, _ fx: inout Effects) {
        // A rejection tells of a higher term; a granted pre-vote repeats the term asked for, which nobody is in yet.
        if reply.term > term {
            if isMember(voter), !breaks(.ignoreTermInReplies) { adopt(reply.term, now, &fx) }
            return
        }
        let asked = role == .preCandidate ? term.next : term
        let isAnswer =
            reply.isPreVote == (role == .preCandidate) && reply.round == campaign && reply.askedTerm == asked
        guard role == .preCandidate || role == .candidate, isAnswer || breaks(.countLateVotes), reply.isGranted,
            let slot = membership.slot(of: voter), slot < votes.count
        else { return }
        if breaks(.countVoteTwice), votes[slot], let other = votes.firstIndex(of: false) { votes[other] = true }
        votes[slot] = true
        countVotes(now, &fx)
    }

    // MARK: Voting

    mutating func receive(_ request: VoteRequest, from candidate: Member, _ now: Instant, _ fx: inout Effects) {
        tellIfRemoved(candidate, &fx)
        let isUpToDate = isUpToDate(request.last)
        if request.isPreVote {
            if breaks(.adoptTermOnPreVote), request.term > term { adopt(request.term, now, &fx) }
            // No side effect of any kind (rule V6).
            let isGranted = request.term > term && isUpToDate && !isLoyal(now) && !isBound(now, by: request)
            reply(to: request, from: candidate, isGranted: isGranted, &fx)
            return
        }
        // A server that hears a leader ignores the rest of the world: term, vote and timer stay (rule V9).
        // Nor does it break a promise, which outlives the term it was given in (rules R4, R6).
        if request.term > term && isLoyal(now) && !isTransferred(request) || isBound(now, by: request) {
            reply(to: request, from: candidate, isGranted: false, &fx)
            return
        }
        if request.term > term { adopt(request.term, now, &fx) }
        guard request.term == term, isUpToDate, hard.votedFor == nil || hard.votedFor == candidate else {
            reply(to: request, from: candidate, isGranted: false, &fx)
            return
        }
        if hard.votedFor == nil {
            hard.votedFor = candidate
            persist(hardStateChanged: true, &fx)
            fx.append(.trace(.voteGranted(candidate, term)))
        }
        // Who gave its vote away campaigns no more for now; candidates and leaders have voted for themselves.
        change(role: .follower, leader: leader, &fx)
        resetElectionDeadline(now)
        owedVote = OwedVote(candidate: candidate, term: term, round: request.round)
        if !log.isHardStatePending || breaks(.grantVoteBeforePersist) { sendOwedVote(&fx) }
    }

    /// Whether a candidate's log ends where this server's does, or later (§5.4.1, rule V4). Damage takes nothing back: what
    /// was there counts, and where that cannot be told, nobody gets this vote (rule D3).
    private func isUpToDate(_ candidate: LogID) -> Bool {
        if breaks(.compareLogsByIndex) { return candidate.index >= log.last.index }
        guard let damage, !breaks(.voteByIntactLog) else { return candidate >= log.last }
        // What a leader has sent again may be later than what stands behind it.
        return damage.last.map { candidate >= max($0, log.last) } ?? false
    }

    /// Whether the leader that this voter would hold on to has handed over itself: only in its term or an earlier one, for
    /// the election right after it, and for no retry (rule T2).
    private func isTransferred(_ request: VoteRequest) -> Bool {
        if breaks(.transferForEver), request.transferredFrom != .zero { return true }
        return request.transferredFrom != .zero && term <= request.transferredFrom
            && request.term == request.transferredFrom.next
    }

    /// Whether this server has a leader, or is one with a live quorum: within the minimum election timeout (rule V9).
    private func isLoyal(_ now: Instant) -> Bool {
        if breaks(.ignoreStickiness) { return false }
        if role == .leader { return hasLiveQuorum(within: configuration.electionTimeout.lowerBound, now) }
        guard leader != nil, let contact = times.lastLeaderContact else { return false }
        return now - contact < configuration.electionTimeout.lowerBound
    }

    mutating func sendOwedVote(_ fx: inout Effects) {
        guard let owed = owedVote else { return }
        owedVote = nil
        // The term may have moved on while the disk was busy (rules V1, V5).
        guard owed.term == term, hard.votedFor == owed.candidate else { return }
        send(
            .voteReply(
                VoteReply(term: term, askedTerm: owed.term, round: owed.round, isPreVote: false, isGranted: true)),
            to: owed.candidate, &fx)
    }

    private func reply(to request: VoteRequest, from candidate: Member, isGranted: Bool, _ fx: inout Effects) {
        if !isGranted { fx.append(.trace(.voteRefused(candidate, request.term, isPreVote: request.isPreVote))) }
        send(
            .voteReply(
                VoteReply(
                    term: term, askedTerm: request.term, round: request.round, isPreVote: request.isPreVote,
                    isGranted: isGranted)),
            to: candidate, &fx)
    }

    // MARK: Roles

    /// Enters a higher term as a follower without a leader; every path that raises the term persists it (rule V14).
    mutating func adopt(_ newTerm: Term, leader newLeader: Member? = nil, _ now: Instant, _ fx: inout Effects) {
        precondition(newTerm > term, "terms only rise")
        hard.term = newTerm
        hard.votedFor = nil
        enteredTerm(now, &fx)
        becomeFollower(of: newLeader, now, &fx)
        if !breaks(.raiseTermWithoutPersist) { persist(hardStateChanged: true, &fx) }
    }

    /// Forgets what belonged to the term before.
    private mutating func enteredTerm(_ now: Instant, _ fx: inout Effects) {
        verified = commitIndex
        owedVote = nil
        owedAppendReply = nil
        owedHeartbeatReply = nil
        times.lastLeaderContact = nil
    }

    /// Stepping down keeps the vote of the term (rule V3).
    mutating func becomeFollower(of newLeader: Member?, _ now: Instant, _ fx: inout Effects) {
        if role == .leader { leaveLeadership(now, &fx) }
        if breaks(.forgetVoteOnStepDown) { hard.votedFor = nil }
        change(role: .follower, leader: newLeader, &fx)
        resetElectionDeadline(now)
    }

    mutating func becomeLeader(_ now: Instant, _ fx: inout Effects) {
        change(role: .leader, leader: member, &fx)
        times.election = .distantFuture
        times.waiters = .distantFuture
        // Periodic deadlines start at a random point, so that groups on one host do not align (rule K2).
        let period = configuration.heartbeatInterval
        times.heartbeat = now + times.random.next(in: period / 2...period)
        lead(now, &fx)
    }

    private mutating func leaveLeadership(_ now: Instant, _ fx: inout Effects) {
        progress = []
        transfers = []
        times.peers = []
        times.heartbeat = .distantFuture
        times.transfers = .distantFuture
        times.commitNotice = .distantFuture
        uncommitted.removeAll()
        if !breaks(.forgetReadsOnStepDown) { failReads(.notLeader(nil), &fx) }
        endChange(
            .rejected(.notLeader(nil)),
            orUnknown: "leadership was lost before the change was complete: the next leader finishes what is appended",
            &fx)
        if let transfer, !transfer.isSent {
            endTransfer(transfer, .failed("this node lost leadership before it could hand it over"), &fx)
        } else if let transfer, transfer.id == nil {
            // Outside of the configuration it hears from no leader (rule M4).
            endTransfer(transfer, .transferred(to: transfer.target), &fx)
        }
        // Whoever was to be told that it left, is told by the next leader when it asks.
        fx.append(.membershipChanged)
        // Proposals wait for the commit rule a while longer: the next leader may commit them (rule W2).
        times.waiters = now + 4 * configuration.electionTimeout.upperBound
    }

    private mutating func change(role newRole: EngineRole, leader newLeader: Member?, _ fx: inout Effects) {
        if newRole != role {
            role = newRole
            fx.append(.trace(.roleChanged(newRole, term)))
        }
        if newLeader != leader {
            leader = newLeader
            failUnansweredReads(&fx)
            fx.append(.trace(.leaderChanged(newLeader, term)))
            if let newLeader { noteSuccessor(newLeader, &fx) }
        }
    }

    // MARK: Check-quorum

    /// Whether a quorum, this leader included, was heard from within `span`.
    func hasLiveQuorum(within span: UInt64, _ now: Instant) -> Bool {
        let own = ownSlot
        return quorum.isSatisfied { slot in
            if slot == own { return true }
            guard slot < times.peers.count, !progress[slot].isSuspect, let heard = times.peers[slot].lastHeard else {
                return false
            }
            return now - heard <= span
        }
    }

    /// A leader that a quorum no longer answers steps down and goes silent (D§6.2, rule V9).
    mutating func stepDownWithoutQuorum(_ now: Instant, _ fx: inout Effects) {
        fx.append(.trace(.quorumLost(term)))
        becomeFollower(of: nil, now, &fx)
    }
}
