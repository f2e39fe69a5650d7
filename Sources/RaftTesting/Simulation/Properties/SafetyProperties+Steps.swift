import RaftCore
import RaftMembership

// After each step of an engine.
extension SafetyProperties {
    func stepped(_ engine: RaftEngine, _ input: Input, of node: SimulatedNode) {
        if let broken = engine.brokenInvariant() { fail("invariant", "node \(node.id): \(broken)") }
        let seen = node.seen
        checkTerm(engine, input, seen, node)
        checkConfiguration(engine, seen, node)
        if engine.role == .leader, seen.role != .leader || seen.term != engine.term { checkLeader(engine, node) }
        checkLog(engine, seen, node)
        if engine.commitIndex < seen.commitIndex {
            fail("C2", "the commit index of \(node.id) fell from \(seen.commitIndex) to \(engine.commitIndex)")
        } else if engine.commitIndex > seen.commitIndex {
            checkCommits(from: seen.commitIndex.next, engine, seen)
        }
        checkBase(engine, node)
        checkPriority(engine, seen, node)
        checkFarewell(engine, seen)
        checkLeaving(engine, seen, node)
        checkRemoval(engine, seen, node)
        checkRoom(engine, input, seen, node)
        noteDamage(input)
        checkWitness(engine, seen, node)
        observe(engine, seen, node)
    }

    private func checkTerm(_ engine: RaftEngine, _ input: Input, _ seen: Observation, _ node: SimulatedNode) {
        if engine.term < seen.term { fail("V14", "the term of \(node.id) fell") }
        if engine.term == seen.term, let vote = seen.votedFor, engine.hard.votedFor != vote {
            fail("V3", "\(node.id) forgets that it voted for \(vote) in term \(seen.term)")
        }
        guard case .received(let envelope) = input, case .voteRequest(let request) = envelope.message else { return }
        if request.isPreVote {
            if engine.term != seen.term || engine.hard.votedFor != seen.votedFor {
                fail("V6", "a pre-vote request of \(envelope.from) changes the term or vote of \(node.id)")
            }
            return
        }
        if engine.hard.votedFor == envelope.from, engine.term != seen.term || seen.votedFor != envelope.from {
            node.endAtVote = max(engine.log.last.index, node.disk.image.last.index)
        }
        let minimum = options.configuration.electionTimeout.lowerBound
        guard seen.role == .follower, seen.hasLeader, let contact = seen.lastLeaderContact,
            node.clock.time(at: world.now) - contact < minimum, engine.term != seen.term
        else { return }
        // The leader of that very term has asked for this election (rule T2).
        if request.transferredFrom != .zero, seen.term <= request.transferredFrom,
            request.term.rawValue == request.transferredFrom.rawValue + 1,
            let asked = handovers[request.transferredFrom],
            asked == envelope.from
        {
            world.coverage.add(.votedInTransfer)
            return
        }
        fail("V9", "\(node.id), which hears its leader, follows \(envelope.from) to term \(engine.term)")
    }

    /// Whoever hears of no leader campaigns, whatever its priority, and from its fourth campaign on as often as others
    /// (rule V16).
    private func checkPriority(_ engine: RaftEngine, _ seen: Observation, _ node: SimulatedNode) {
        if engine.leader != nil { node.campaigns = 0 }
        guard engine.campaign != seen.campaign else { return }
        node.seen.campaign = engine.campaign
        guard engine.role == .preCandidate else { return }
        node.campaigns += 1
        let wait = engine.nextDeadline - node.clock.time(at: world.now)
        if node.campaigns > 4, wait > options.configuration.electionTimeout.upperBound {
            fail("V16", "\(node.id) waits \(wait / 1_000_000) ms after \(node.campaigns) campaigns without a leader")
        }
    }

    private func checkLeader(_ engine: RaftEngine, _ node: SimulatedNode) {
        let leadership = Leadership(member: engine.member, life: node.lives)
        if let other = leaders[engine.term] {
            if other.member != engine.member {
                fail("election safety", "both \(other.member) and \(engine.member) lead term \(engine.term)")
            } else {
                fail("V13", "\(node.id) leads term \(engine.term) again without another election")
            }
        }
        // Elected by votes that really left their voters, each counted once; its own need not leave (V5, V7).
        let votes = grants[engine.term, default: [:]]
        let membership = configuration(in: engine.log.terms, through: engine.log.last.index).membership
        let isElected = isQuorum(of: membership) { $0 == engine.member || votes[$0] == engine.member }
        if !isElected {
            let voters = votes.filter { $0.value == engine.member }.map(\.key).sorted()
            fail(
                "V7",
                "\(node.id) leads term \(engine.term) with the votes of \(voters), no quorum of \(membership.voters)"
                    + (membership.outgoingVoters.map { " and \($0)" } ?? ""))
        }
        noteLeader(leadership, term: engine.term)
        node.leadingSince = world.now
        // Votes that were held up may make a leader of an earlier term than what was committed meanwhile.
        let last = lastCommitted(before: engine.term)
        if let index = firstDifference(from: 1, through: last, in: engine.log.terms) {
            fail("leader completeness", "\(node.id) leads term \(engine.term) without committed entry \(index)")
        }
    }

    /// What was committed stays in the log, and a leader only appends.
    private func checkLog(_ engine: RaftEngine, _ seen: Observation, _ node: SimulatedNode) {
        if engine.log.last != seen.last, seen.last.index >= engine.log.base.index,
            engine.log.terms.term(at: seen.last.index) != seen.last.term
        {
            if seen.role == .leader, engine.role == .leader {
                fail("leader append-only", "leader \(node.id) cuts its own log after \(engine.log.last)")
            }
            if seen.commitIndex > .zero, seen.commitIndex >= engine.log.base.index,
                engine.log.terms.term(at: seen.commitIndex) != committedEntry(at: seen.commitIndex)?.term(at: 0)
            {
                fail(
                    "L2", "\(node.id) cuts its log to \(engine.log.last), though it knew \(seen.commitIndex) committed")
            }
        }
        let flushed = engine.log.flushed
        // Below the base it says that nothing of the log is durable yet.
        if flushed >= engine.log.base.index, flushed != seen.flushed || engine.log.last != seen.last {
            guard node.disk.image.last.index >= flushed,
                node.disk.image.term(at: flushed) == engine.log.terms.term(at: flushed) || flushed < seen.flushed
            else {
                fail("D6", "\(node.id) takes entry \(flushed) for durable, which its disk does not hold")
                return
            }
        }
    }

    /// A log is cut only behind what was committed (rule S1).
    private func checkBase(_ engine: RaftEngine, _ node: SimulatedNode) {
        let base = engine.log.base
        guard base != node.seen.base else { return }
        node.seen.base = base
        world.coverage.add(.logPurged)
        checkTransfers(engine, node)
        if committedTerms.term(at: base.index) != base.term {
            fail("S1", "the log of \(node.id) begins after \(base), which was not committed")
        }
    }

    /// What a leader sends it goes on from, as long as the peer is in touch and not too far behind (rule S5).
    private func checkTransfers(_ engine: RaftEngine, _ node: SimulatedNode) {
        guard engine.role == .leader else { return }
        for (peer, offer) in offers where offer.leader == engine.member && offer.term == engine.term {
            guard engine.membership.slot(of: peer) != nil, engine.log.base.index > offer.last,
                world.now - offer.heard < options.configuration.electionTimeout.lowerBound / 2,
                world.now - node.disturbedAt > options.configuration.electionTimeout.upperBound,
                lastCommitted - offer.last <= options.configuration.snapshotPinned
            else { continue }
            fail(
                "S5", "\(node.id) cuts its log after \(engine.log.base), while \(peer) gets a snapshot of \(offer.last)"
            )
        }
    }

    /// The first to commit an entry needs a quorum of disks that hold it (D1, L10, C1, C3); the rest must agree with it.
    private func checkCommits(from first: LogIndex, _ engine: RaftEngine, _ seen: Observation) {
        if let index = firstDifference(from: first, through: engine.commitIndex, in: engine.log.terms) {
            guard let term = engine.log.terms.term(at: index) else {
                fail("L4", "\(engine.member) commits entry \(index), which it does not have")
                return
            }
            fail("state machine safety", "\(engine.member) commits \(index)@\(term) where another was committed")
            return
        }
        var index = max(first, lastCommitted.next)
        // By the configuration that was in effect then: a leader may have appended the next one since.
        let membership = configuration(in: engine.log.terms, through: max(seen.last.index, index)).membership
        while index <= engine.commitIndex {
            guard let term = engine.log.terms.term(at: index) else {
                fail("L4", "\(engine.member) commits entry \(index), which it does not have")
                return
            }
            guard term >= committedTerms.last.term else {
                fail(
                    "state machine safety",
                    "\(engine.member) commits \(index)@\(term) after an entry of term \(committedTerms.last.term)")
                return
            }
            guard isOnQuorum(index, term, of: membership) else {
                fail("durable quorum", "\(engine.member) commits \(index)@\(term), which no quorum of disks holds")
                return
            }
            guard let entry = wholeEntry(at: index, term) else { return }
            noteCommitted(entry, in: engine.term)
            index = index.next
        }
    }

    func isOnQuorum(_ index: LogIndex, _ term: Term, of membership: Membership) -> Bool {
        isQuorum(of: membership) { member in
            node(of: member)?.disk.term(at: index, of: member) == term
        }
    }

    private func observe(_ engine: RaftEngine, _ seen: Observation, _ node: SimulatedNode) {
        if engine.role != seen.role || engine.term != seen.term || engine.commitIndex != seen.commitIndex
            || engine.log.last != seen.last
        {
            world.trace.record(
                world.now,
                .stepped(node.id, engine.role, engine.log.last, engine.commitIndex, engine.term))
        }
        if engine.role != seen.role {
            world.coverage.add(engine.role.coveragePoint)
        }
        node.seen.configuration = engine.effective.id
        node.seen.term = engine.term
        node.seen.role = engine.role
        node.seen.votedFor = engine.hard.votedFor
        node.seen.commitIndex = engine.commitIndex
        node.seen.last = engine.log.last
        node.seen.flushed = engine.log.flushed
        node.seen.isDiskFull = engine.room.isFull
        node.seen.hasLeader = engine.leader != nil
        node.seen.lastLeaderContact = engine.lastLeaderContact
    }
}

extension EngineRole {
    var coveragePoint: CoveragePoint {
        switch self {
        case .follower: .becameFollower
        case .preCandidate: .becamePreCandidate
        case .candidate: .becameCandidate
        case .leader: .becameLeader
        }
    }
}
