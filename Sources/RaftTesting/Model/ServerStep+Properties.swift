import RaftCore
import RaftMembership

// What one server alone can break.
extension ServerStep {
    mutating func fail(_ property: String, _ what: String) {
        if violation == nil { violation = ModelViolation(property, what) }
    }

    /// A message may say only what is durable.
    mutating func check(_ message: Message, to member: Member, _ logs: LogTree) {
        switch message {
        case .voteRequest(let request) where !request.isPreVote:
            if hard.term != request.term || hard.votedFor != ModelRoot.member(before.slot) {
                fail("V2", "a vote is asked for in term \(request.term) before the own vote is durable")
            }
        case .voteReply(let reply) where reply.isGranted && !reply.isPreVote:
            if hard.term != reply.term || hard.votedFor != member {
                fail("V1", "a vote for \(member.id) in term \(reply.term) is told and not durable")
            }
            let candidate = ModelRoot.slot(of: member)
            if let last = ghost.granted, last.term == reply.term, last.candidate != candidate {
                fail("V3", "servers \(last.candidate + 1) and \(candidate + 1) get votes in term \(reply.term)")
            }
            ghost.granted = (reply.term, candidate)
        case .appendReply(let reply):
            if case .matched(let index) = reply.outcome { checkAcknowledgement(index, reply.term, logs) }
        case .heartbeatReply(let reply) where reply.hasMatch:
            checkAcknowledgement(reply.matched, reply.term, logs)
        case .installSnapshotReply(let reply): checkInstallation(reply, logs)
        case .timeoutNow where engine.membership.kind(of: member.id) == .witness:
            fail("X3", "leadership is handed to witness \(member.id)")
        default: break
        }
    }

    private mutating func checkAcknowledgement(_ index: LogIndex, _ term: Term, _ logs: LogTree) {
        guard let entries = logs.prefix(of: memory, through: index), logs.isPrefix(entries, of: disk) else {
            fail("L10", "entry \(index) is acknowledged in term \(term) and is not durable")
            return
        }
        if hard.term < term { fail("V14", "term \(term) is answered in and not durable") }
    }

    mutating func checkAnswers(to count: Int, _ effects: Effects) {
        var answered = 0
        for effect in effects.list {
            switch effect {
            case .accepted(_, _, let count): answered += count
            case .rejected(let count, _): answered += count
            default: break
            }
        }
        if answered != count { fail("W1", "of \(count) proposals \(answered) were answered") }
    }

    /// What a message may change.
    mutating func checkReception(of envelope: Envelope) {
        let old = before.engine
        // An earlier life of a member is not listened to (rule M7).
        guard envelope.from == ModelRoot.member(ModelRoot.slot(of: envelope.from)) else { return }
        switch envelope.message {
        case .voteRequest(let request) where request.isPreVote:
            if engine.hard != old.hard || engine.role != old.role {
                fail("V6", "a pre-vote changes its voter")
            }
        case .voteReply(let reply): checkStepDown(reply.term, of: envelope.from)
        case .appendReply(let reply): checkStepDown(reply.term, of: envelope.from)
        case .heartbeatReply(let reply): checkStepDown(reply.term, of: envelope.from)
        case .installSnapshotReply(let reply): checkStepDown(reply.term, of: envelope.from)
        default: break
        }
    }

    /// Whoever is stuck in a higher term is heard, or it stays stuck for ever.
    private mutating func checkStepDown(_ term: Term, of sender: Member) {
        // Who has left is no member, and disturbs nobody (rule M6).
        guard before.engine.isMember(sender) else { return }
        if before.engine.role == .leader, engine.term < term {
            fail("V9", "the leader of term \(engine.term) reads term \(term) in a reply and stays")
        }
    }

    /// After the step.
    mutating func finish(_ logs: inout LogTree) {
        let old = before.engine
        let isRestart = landmarks.contains(ModelLandmarks(.crash))
        if !isRestart {
            if engine.term < old.term { fail("V3", "the term falls from \(old.term) to \(engine.term)") }
            if engine.term == old.term, let vote = old.hard.votedFor, engine.hard.votedFor != vote {
                fail("V3", "the vote of term \(old.term) is taken back")
            }
            if engine.commitIndex < old.commitIndex { fail("C2", "the commit index falls") }
            if old.role == .leader, engine.role == .leader, engine.term == old.term,
                !logs.isPrefix(before.memory, of: memory)
            {
                fail("leader append-only (§5.3)", "the leader of term \(old.term) changes its own log")
            }
        }
        if engine.role != .follower { checkRole() }
        checkCalls()
        // Who has stopped itself does not write what it was about to.
        if !engine.isFenced { checkLog(logs) }
        if let broken = engine.brokenInvariant() { fail("invariants", broken) }
        if engine.role != .leader || engine.term != old.term {
            ghost.suspects = 0
            ghost.committedAtSuspicion = .zero
        }
        if engine.role == .leader { ghost.ledTerms |= 1 << (engine.term.rawValue & 63) }
        if engine.role != .leader, let read = ghost.reads.first { fail("R3", "read \(read.id) never ends") }
        rememberCommit(logs)
    }

    private mutating func checkLog(_ logs: LogTree) {
        if engine.log.last != logs.last(of: memory) {
            fail("L7", "the log in memory ends at \(engine.log.last), what was written at \(logs.last(of: memory))")
        }
        if let flushed = logs.prefix(of: memory, through: engine.log.flushed), !logs.isPrefix(flushed, of: disk) {
            fail("L11", "entries to \(engine.log.flushed) are taken for durable and are not")
        }
        checkBase(logs)
        checkMembership(logs)
    }

    /// What the log says is in effect (rule M2), and a leader appends one configuration at a time (rule M1).
    private mutating func checkMembership(_ logs: LogTree) {
        if engine.membership != logs.membership(of: memory) {
            fail("M2", "the configuration in effect is not that of the log")
        }
        guard before.engine.role == .leader, engine.role == .leader, engine.effective.id.term == engine.term,
            engine.effective.id.index > before.engine.log.last.index
        else { return }
        let previous = before.engine.effective.id
        if previous.index > engine.commitIndex {
            fail("M1", "a configuration is appended while that of entry \(previous) is not committed")
        }
        if engine.log.terms.term(at: engine.commitIndex) != engine.term {
            fail("M1", "the configuration is changed before an entry of the term is committed")
        }
    }

    private mutating func rememberCommit(_ logs: LogTree) {
        guard let log = logs.prefix(of: memory, through: engine.commitIndex) else { return }
        let known = ghost.committed
        if logs.isPrefix(log, of: known) { return }
        guard logs.isPrefix(known, of: log) else {
            fail("state machine safety (§5.4.3)", "a committed entry of this server is another one now")
            return
        }
        let commit = ModelGhost.Commit(term: engine.term, log: log)
        if let last = ghost.commits.last, last.term == engine.term {
            ghost.commits[ghost.commits.count - 1] = commit
        } else {
            ghost.commits.append(commit)
        }
    }
}
