import RaftCore
import RaftMembership

/// One input to one server, and everything that follows from it on that server at once: effects in their order, and the
/// properties that one server alone can break.
///
/// What production does later is done at once where nothing can tell the difference: `applied` only raises a mark that
/// nothing reads, and entries read from storage come back before anything else happens, which leaves out answers that
/// arrive late.
struct ServerStep {
    let before: ModelServer
    private(set) var engine: RaftEngine
    private var hard: HardState
    private var disk: LogHandle
    private var memory: LogHandle
    private var writes: [ModelWrite]
    private var ghost: ModelGhost

    private(set) var sends: [ModelMessage] = []
    private(set) var heartbeats: [ModelMessage] = []
    private(set) var landmarks: ModelLandmarks = []
    private(set) var violation: ModelViolation?
    private var applied: LogIndex

    init(_ server: ModelServer) {
        before = server
        engine = server.engine
        hard = server.hard
        disk = server.disk
        memory = server.memory
        writes = server.writes
        ghost = server.ghost
        applied = server.engine.applySubmitted
    }

    var result: ModelServer {
        ModelServer(
            slot: before.slot, engine: engine, hard: hard, disk: disk, memory: memory, writes: writes, ghost: ghost)
    }

    // MARK: Inputs

    mutating func run(_ input: Input, at moment: ModelMoment, _ logs: inout LogTree) {
        feed(input, at: moment, &logs)
        finish(&logs)
    }

    mutating func propose(_ payload: UInt8, _ logs: inout LogTree) {
        landmarks.insert(ModelLandmarks(.proposal))
        run(.proposed([[payload]]), at: .recent, &logs)
    }

    /// A read that must see everything up to `index`.
    mutating func requestRead(_ id: UInt64, sees index: LogIndex, _ logs: inout LogTree) {
        ghost.reads.append((id, index))
        run(.readRequested(ReadID(rawValue: id)), at: .recent, &logs)
    }

    /// The write at `position` is durable, and the engine is told. Those before it are durable too.
    mutating func complete(_ position: Int, _ logs: inout LogTree) {
        if position > 0 { landmarks.insert(ModelLandmarks(.outOfOrderCompletion)) }
        makeDurable(position + 1)
        let id = writes.remove(at: position).id
        run(.persisted(id), at: .recent, &logs)
    }

    /// The server stops, the first `count` of its writes durable, and starts again.
    mutating func crash(durable count: Int, _ logs: inout LogTree) {
        landmarks.insert(ModelLandmarks(.crash))
        if count < writes.count { landmarks.insert(ModelLandmarks(.lostWrite)) }
        makeDurable(count)
        writes = []
        memory = disk
        ghost.reads = []
        ghost.proposals = []
        // As `Opening` does: everything verified, the start counted.
        hard.startCounter += 1
        do {
            var recovery = LogRecovery()
            for entry in logs.entries(of: disk) { try entry.withUnsafeBytes { try recovery.visit($0) } }
            engine = RaftEngine(
                configuration: engine.configuration, group: .first, hardState: hard,
                recovered: recovery.finish(hardState: hard), seed: 1)
        } catch {
            fail("D3", "what is on disk cannot be recovered: \(error)")
            return
        }
        if hard.term < logs.last(of: disk).term || hard.commitHint > logs.lastIndex(of: disk) {
            fail("L7", "hard state and log on disk contradict one another")
        }
        applied = engine.applySubmitted
        run(.started, at: .recent, &logs)
    }

    private mutating func makeDurable(_ count: Int) {
        for position in 0..<count where !writes[position].isDurable {
            writes[position].isDurable = true
            hard = writes[position].hardState
            disk = writes[position].log
        }
    }

    // MARK: Effects

    private mutating func feed(_ input: Input, at moment: ModelMoment, _ logs: inout LogTree) {
        var effects = Effects()
        engine.step(input, at: moment, into: &effects)
        if case .proposed(let commands) = input { checkAnswers(to: commands.count, effects) }
        var answers: [Input] = []
        for effect in effects.list {
            switch effect {
            case .persist(let batch, let id): submit(batch, id, &logs)
            case .send(let message, let member): send(message, to: member, logs)
            case .readEntries(let first, let last, let peer, let stream):
                let batch = logs.entries(of: disk, from: first, through: last)
                answers.append(.entriesRead(batch, for: peer, stream: stream))
            case .apply(let index): apply(index, logs)
            case .accepted(let first, let term, let count):
                for offset in 0..<count { ghost.proposals.append(LogID(term: term, index: first + offset)) }
            case .abandon(let index):
                if ghost.proposals.contains(where: { $0.index > index }) {
                    landmarks.insert(ModelLandmarks(.abandoned))
                }
                ghost.proposals.removeAll { $0.index > index }
            case .readReady(let id): endRead(id, isAnswered: true)
            case .readFailed(let id, _): endRead(id, isAnswered: false)
            case .fence(let reason):
                fail("no healthy server stops itself", reason)
            case .trace(let event): note(event)
            case .rejected, .membershipChanged, .identityChanged, .formation: break
            }
        }
        // Nothing of the engine's depends on when the machine is done.
        if engine.appliedIndex < engine.applySubmitted { answers.append(.applied(through: engine.applySubmitted)) }
        for answer in answers { feed(answer, at: .recent, &logs) }
    }

    private mutating func submit(_ batch: StorageBatch, _ id: WriteID, _ logs: inout LogTree) {
        var log = memory
        if let index = batch.truncateAfter { log = logs.prefix(of: log, through: index) ?? log }
        if !batch.entries.isEmpty {
            guard batch.entries.firstIndex == logs.lastIndex(of: log).next else {
                fail("L7", "a write of entry \(batch.entries.firstIndex) follows \(logs.lastIndex(of: log))")
                return
            }
            log = logs.extend(log, by: batch.entries)
        }
        memory = log
        writes.append(ModelWrite(id: id, hardState: batch.hardState ?? hard, log: log))
    }

    private mutating func send(_ message: Message, to member: Member, _ logs: LogTree) {
        // No server of a model is pristine, so nobody believes it.
        if case .adopt = message { return }
        check(message, to: member, logs)
        let envelope = ModelMessage(
            Envelope(group: .first, from: ModelRoot.member(before.slot), to: member, message: message))
        if case .heartbeat = message { heartbeats.append(envelope) } else { sends.append(envelope) }
    }

    private mutating func apply(_ index: LogIndex, _ logs: LogTree) {
        if index < applied { fail("C4", "applied goes back from \(applied) to \(index)") }
        guard let entries = logs.prefix(of: memory, through: index), logs.isPrefix(entries, of: disk) else {
            fail("C6", "entry \(index) is applied and is not durable here")
            return
        }
        applied = index
        ghost.proposals.removeAll { $0.index <= index }
    }

    private mutating func endRead(_ id: ReadID, isAnswered: Bool) {
        guard let position = ghost.reads.firstIndex(where: { $0.id == id.rawValue }) else {
            fail("R3", "a read ends that nobody waits for")
            return
        }
        let read = ghost.reads.remove(at: position)
        landmarks.insert(ModelLandmarks(isAnswered ? .readAnswered : .readFailed))
        if isAnswered, applied < read.sees {
            fail(
                "linearizable reads (R1, R2, C8)",
                "a read is answered with entries to \(applied); \(read.sees) was committed before it began")
        }
    }

    private mutating func note(_ event: EngineEvent) {
        switch event {
        case .roleChanged(let role, _):
            if role == .leader { landmarks.insert(ModelLandmarks(.election)) }
            if before.engine.role == .leader, role != .leader { landmarks.insert(ModelLandmarks(.stepDown)) }
        case .voteRefused: landmarks.insert(ModelLandmarks(.refusedVote))
        case .truncated: landmarks.insert(ModelLandmarks(.repair))
        case .peerSuspect(let peer, let index):
            fail("L3", "server \(peer) is taken for amnesiac, and no disk lost entry \(index)")
        case .protocolViolation(let what):
            fail("no server breaks the protocol", what)
        default: break
        }
    }

    // MARK: What one server alone can break

    mutating func fail(_ property: String, _ what: String) {
        if violation == nil { violation = ModelViolation(property, what) }
    }

    /// A message may say only what is durable.
    private mutating func check(_ message: Message, to member: Member, _ logs: LogTree) {
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

    private mutating func checkAnswers(to count: Int, _ effects: Effects) {
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

    /// After the step.
    private mutating func finish(_ logs: inout LogTree) {
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
        if engine.log.last != logs.last(of: memory) {
            fail("L7", "the log in memory ends at \(engine.log.last), what was written at \(logs.last(of: memory))")
        }
        if let flushed = logs.prefix(of: memory, through: engine.log.flushed) {
            if !logs.isPrefix(flushed, of: disk) {
                fail("L11", "entries to \(engine.log.flushed) are taken for durable and are not")
            }
        }
        if let broken = engine.brokenInvariant() { fail("invariants", broken) }
        if engine.role == .leader { ghost.ledTerms |= 1 << (engine.term.rawValue & 63) }
        if engine.role != .leader, let read = ghost.reads.first { fail("R3", "read \(read.id) never ends") }
        rememberCommit(logs)
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
