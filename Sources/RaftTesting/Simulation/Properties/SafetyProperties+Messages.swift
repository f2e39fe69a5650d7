import RaftCore
import RaftMembership

// What leaves a server: nothing that its disk could not confirm after a crash.
extension SafetyProperties {
    func willSend(_ envelope: Envelope, from node: SimulatedNode) {
        if node.damage == .rot {
            checkDamaged(node, envelope.message)
        } else if let damage = node.damage, !envelope.isFormation, node.disk.isFormer(envelope.from) {
            fail("M10", "\(node.id) takes part with data that are \(damage.rawValue): \(envelope.message.summary)")
            return
        }
        checkPromise(envelope, from: node)
        noteWitness(envelope.message, of: node)
        guard let hard = node.disk.image.hardState else { return }
        let id = node.id
        if case .voteRequest(let request) = envelope.message { note(request, of: envelope.from) }
        if case .voteReply(let reply) = envelope.message, reply.isGranted { checkCandidate(envelope.to, reply, node) }
        switch envelope.message {
        case .voteRequest(let request) where !request.isPreVote:
            if hard.term != request.term || hard.votedFor != envelope.from {
                fail("V2", "\(id) asks for votes in term \(request.term) before its own is durable")
            }
            record(grantOf: envelope.from, to: envelope.from, in: request.term)
        case .voteReply(let reply) where !reply.isPreVote && reply.isGranted:
            if hard.term != reply.term || hard.votedFor != envelope.to {
                fail("V1", "\(id) grants its vote in term \(reply.term) before that is durable")
            }
            record(grantOf: envelope.from, to: envelope.to, in: reply.term)
        case .appendReply(let reply):
            guard case .matched(let index) = reply.outcome else { return }
            // It has come by the state in another way: a start after the transaction, for example.
            if let offer = offers[envelope.from], index >= offer.last { offers[envelope.from] = nil }
            checkTerm(reply.term, hard, node)
            checkMatch(index, in: reply.term, of: node)
        case .heartbeatReply(let reply):
            guard reply.hasMatch else { return }
            checkTerm(reply.term, hard, node)
            checkMatch(reply.matched, in: reply.term, of: node)
        case .installSnapshot(let request):
            checkOffer(of: request.snapshot, from: node)
            offers[envelope.to] = Offer(
                leader: envelope.from, term: request.term, last: request.snapshot.last.index,
                heard: offers[envelope.to]?.heard ?? .origin)
            if hard.term < request.term { fail("V14", "\(id) leads term \(request.term), which is not durable") }
        case .installSnapshotReply(let reply):
            guard case .installed(let index) = reply.outcome else { return }
            offers[envelope.from] = nil
            checkTerm(reply.term, hard, node)
            checkMatch(index, in: reply.term, of: node)
            // Not before the machine has the state (rule S2).
            if reply.snapshot.size > 0, max(node.applied, node.restored) < reply.snapshot.last.index,
                node.disk.image.base.index >= reply.snapshot.last.index
            {
                fail("S2", "\(id) says that \(reply.snapshot) is installed, and its machine is at \(node.applied)")
            }
        case .appendEntries(let request):
            if hard.term < request.term { fail("V14", "\(id) leads term \(request.term), which is not durable") }
        case .heartbeat(let heartbeat):
            if hard.term < heartbeat.term { fail("V14", "\(id) leads term \(heartbeat.term), which is not durable") }
            checkLiveQuorum(of: node)
            checkDisk(of: node)
        case .timeoutNow(let message):
            handovers[message.term] = envelope.to
            checkHandover(to: envelope.to, message, from: node)
            checkSuccessor(envelope.to, of: node)
            // Caught up first: the successor has on its disk all that this leader has (rule T1). What it had, a later
            // leader may have replaced since; to this one it does not listen any more. What a disk has
            // lost since its server acknowledged it, no leader can know.
            if let target = self.node(of: envelope.to), isIntact(envelope.to),
                (target.disk.image.hardState?.term ?? .zero) <= message.term,
                target.disk.image.term(at: message.last.index) != message.last.term
            {
                fail("T1", "\(id) hands over to \(envelope.to), which does not hold \(message.last)")
            }
        case .adopt(let adopt):
            if hard.cluster != adopt.cluster { fail("M9", "\(id) spreads an identity that is not durable") }
        default: break
        }
    }

    func delivered(_ envelope: Envelope) {
        let term: Term
        switch envelope.message {
        case .appendReply(let reply): term = reply.term
        case .heartbeatReply(let reply): term = reply.term
        case .installSnapshotReply(let reply): term = reply.term
        default: return
        }
        guard let offer = offers[envelope.from], offer.term == term, offer.leader == envelope.to else { return }
        offers[envelope.from]?.heard = world.now
    }

    /// A snapshot holds what was committed, and all of one position are one and the same (rule S1).
    private func checkOffer(of snapshot: Snapshot, from node: SimulatedNode) {
        if committedTerms.term(at: snapshot.last.index) != snapshot.last.term {
            fail("S1", "\(node.id) sends a snapshot of \(snapshot.last), which was not committed")
        }
        let configuration = configuration(in: committedTerms, through: snapshot.last.index)
        if snapshot.configuration != configuration {
            fail(
                "S1",
                "\(node.id) sends a snapshot of \(snapshot.last) with the configuration of \(snapshot.configuration.id) "
                    + "instead of \(configuration.id)")
        }
    }

    private func note(_ request: VoteRequest, of candidate: Member) {
        // Rounds begin anew with each life, and a pre-vote promises nothing: one that a voter still owes to a former life may
        // tell of entries that ended with it.
        if let former = candidates[candidate], request.isPreVote, former.isPreVote, former.term == request.term,
            former.round == request.round, former.last > request.last
        {
            return
        }
        candidates[candidate] = request
    }

    /// A candidate's log ends no earlier than the voter's, damaged entries counted (§5.4.1, rules V4, D3). What the voter
    /// has of the term asked for came after its vote, and so did what that term's leader sent of earlier ones before the
    /// vote was durable.
    private func checkCandidate(_ candidate: Member, _ reply: VoteReply, _ voter: SimulatedNode) {
        guard let request = candidates[candidate], request.round == reply.round, request.term == reply.askedTerm,
            let image = voter.damage == nil || voter.damage == .rot ? voter.disk.image : nil,
            let before = reply.askedTerm.rawValue > 0 ? Term(reply.askedTerm.rawValue - 1) : nil
        else { return }
        let end = image.terms.lastIndex(withTermAtMost: before)
        let index = reply.isPreVote ? end : min(end, voter.endAtVote)
        var last = LogID(term: image.terms.term(at: index) ?? .zero, index: index)
        if let engine = voter.life?.driver?.engine, engine.room.isFull {
            // What a leader has cut is on the disk still, which has refused what came in its place (rule D4).
            last = min(last, max(engine.log.last, engine.damage?.last ?? .zero))
        }
        if request.last < last {
            let what = voter.damage == .rot ? ", some of which is damaged" : ""
            fail(
                voter.damage == .rot ? "D3" : "V4",
                "\(voter.id) votes for \(candidate), whose log ends at \(request.last), and its own at \(last)\(what)")
        }
    }

    private func record(grantOf voter: Member, to candidate: Member, in term: Term) {
        if let before = grants[term, default: [:]].updateValue(candidate, forKey: voter), before != candidate {
            fail("V3", "\(voter) votes for \(before) and for \(candidate) in term \(term)")
        }
    }

    /// An answer in a term is a promise about that term: it must survive a crash.
    private func checkTerm(_ term: Term, _ hard: HardState, _ node: SimulatedNode) {
        if hard.term < term { fail("V14", "\(node.id) answers in term \(term), but \(hard.term) is durable") }
    }

    private func checkMatch(_ index: LogIndex, in term: Term, of node: SimulatedNode) {
        guard let durable = node.disk.image.term(at: index), let engine = node.life?.driver?.engine,
            // The engine may have gone on to another term, and another log, since it ordered this answer.
            engine.term == term && index >= engine.log.base.index
                ? durable == engine.log.terms.term(at: index) : durable <= term
        else {
            fail("L10", "\(node.id) acknowledges entry \(index), which is not durable")
            return
        }
    }

    /// A leader whose disk hangs is silent (rule D5).
    private func checkDisk(of node: SimulatedNode) {
        guard let oldest = node.submissions.first else { return }
        let span = options.configuration.diskStall + 2 * options.configuration.heartbeatInterval
        let waited = node.clock.time(at: world.now) - oldest
        // Who was stopped, or whose clock jumped, finds out at its next heartbeat.
        guard waited > span, world.now - node.disturbedAt > 2 * options.configuration.heartbeatInterval else { return }
        fail("D5", "leader \(node.id) goes on though its disk has not finished a write for \(waited / 1_000_000) ms")
    }

    /// A leader that no quorum answers is silent (rule V9): two election timeouts after anybody was heard from.
    private func checkLiveQuorum(of node: SimulatedNode) {
        guard let driver = node.life?.driver, driver.engine.role == .leader else { return }
        let span =
            2 * options.configuration.electionTimeout.upperBound + 4 * options.configuration.heartbeatInterval
        let start = max(node.leadingSince, node.disturbedAt)
        let now = world.now
        guard now - start > span else { return }
        let membership = configuration(in: driver.engine.log.terms, through: driver.engine.log.last.index).membership
        // Who has just been added gets its time to answer.
        guard now - node.configuredAt > span else { return }
        let isLive = isQuorum(of: membership) { member in
            guard member != driver.engine.member, let other = self.node(of: member) else { return true }
            return now - node.heardFrom[other.index] <= span
        }
        if !isLive { fail("V9", "leader \(node.id) goes on though no quorum has answered for \(span / 1_000_000) ms") }
    }
}
