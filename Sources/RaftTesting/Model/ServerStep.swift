import RaftCore
import RaftMembership

/// One input to one server, and everything that follows from it on that server at once: effects in their order, and the
/// properties that one server alone can break.
///
/// What production does later is done at once where nothing can tell the difference: `applied` only raises a mark that
/// nothing reads, but for the state of a snapshot (`ModelErrand`); entries, and pieces of a body that are read from
/// storage, come back before anything else happens, which leaves out answers that arrive late.
struct ServerStep {
    let before: ModelServer
    private(set) var engine: RaftEngine
    private(set) var hard: HardState
    private(set) var disk: LogHandle
    private(set) var base: ModelBase?
    private(set) var memory: LogHandle
    private(set) var writes: [ModelWrite]
    var errands: ModelErrands
    var ghost: ModelGhost

    private(set) var sends: [ModelMessage] = []
    private(set) var heartbeats: [ModelMessage] = []
    var landmarks: ModelLandmarks = []
    var violation: ModelViolation?
    /// Ordered to be applied.
    var applied: LogIndex
    /// What the snapshot holds that a message brings.
    private(set) var arriving = LogHandle.empty
    /// A body that is complete now, whose snapshot may be named.
    var finished: (snapshot: ModelSnapshot, isReceived: Bool)?

    init(_ server: ModelServer) {
        before = server
        engine = server.engine
        hard = server.hard
        disk = server.disk
        base = server.base
        memory = server.memory
        writes = server.writes
        errands = server.errands
        ghost = server.ghost
        applied = server.engine.applySubmitted
    }

    var result: ModelServer {
        ModelServer(
            slot: before.slot, engine: engine, hard: hard, disk: disk, base: base, memory: memory, writes: writes,
            errands: errands, ghost: ghost)
    }

    // MARK: Inputs

    mutating func run(_ input: Input, at moment: ModelMoment, _ logs: inout LogTree) {
        feed(input, at: moment, &logs)
        if case .received(let envelope) = input { checkReception(of: envelope) }
        finish(&logs)
    }

    mutating func deliver(_ message: ModelMessage, at moment: ModelMoment, _ logs: inout LogTree) {
        arriving = message.log
        run(.received(message.envelope), at: moment, &logs)
    }

    mutating func propose(_ payload: UInt8, _ logs: inout LogTree) {
        landmarks.insert(ModelLandmarks(.proposal))
        run(.proposed([[payload]]), at: .recent, &logs)
    }

    /// A read that must see everything up to `index`; of a witness one that any server with state would answer (rule X3).
    mutating func requestRead(_ id: UInt64, sees index: LogIndex, _ logs: inout LogTree) {
        ghost.reads.append((id, index))
        run(.readRequested(ReadID(rawValue: id), before.isWitness ? .anyAge : .linearizable), at: .recent, &logs)
    }

    mutating func change(_ changes: [MembershipChange], _ logs: inout LogTree) {
        let newcomers = Membership.newcomers(in: changes).map { ModelRoot.member(Int($0.id.rawValue) - 1) }
        run(.changeRequested(CallID(rawValue: 1), ChangeRequest(changes, known: newcomers)), at: .recent, &logs)
    }

    mutating func transfer(to slot: Int, _ logs: inout LogTree) {
        run(
            .transferRequested(CallID(rawValue: 2), to: ModelRoot.member(slot).id, givesUp: false), at: .recent, &logs)
    }

    /// The write at `position` is durable, and the engine is told. Those before it are durable too.
    mutating func complete(_ position: Int, _ logs: inout LogTree) {
        if position > 0 { landmarks.insert(ModelLandmarks(.outOfOrderCompletion)) }
        makeDurable(position + 1, logs)
        let id = writes.remove(at: position).id
        run(.persisted(id), at: .recent, &logs)
    }

    /// The server stops, the first `count` of its writes durable, and starts again.
    mutating func crash(durable count: Int, _ logs: inout LogTree) {
        landmarks.insert(ModelLandmarks(.crash))
        if count < writes.count { landmarks.insert(ModelLandmarks(.lostWrite)) }
        if engine.snapshots.installing != nil || errands.receiving != nil {
            landmarks.insert(ModelLandmarks(.installCrash))
        }
        makeDurable(count, logs)
        writes = []
        errands = ModelErrands()
        memory = disk
        ghost.reads = []
        ghost.proposals = []
        // As `Opening` does: everything verified, the start counted.
        hard.startCounter += 1
        do {
            let purged = base.flatMap { logs.prefix(of: disk, through: $0.purged) } ?? .empty
            var recovery = LogRecovery(base: logs.last(of: purged))
            for entry in logs.entries(of: disk) where entry.firstIndex > logs.lastIndex(of: purged) {
                try entry.withUnsafeBytes { try recovery.visit($0) }
            }
            engine = RaftEngine(
                configuration: engine.configuration, group: .first, hardState: hard,
                recovered: recovery.finish(hardState: hard, snapshot: base?.held.snapshot), seed: 1)
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

    /// The server stops, and its disk has lost the last entry that was durable (rules L3, M10).
    mutating func forget(_ logs: inout LogTree) {
        let last = logs.lastIndex(of: disk)
        guard last > max(1, base?.index ?? .zero), let rest = logs.prefix(of: disk, through: last.previous) else {
            return
        }
        landmarks.insert(ModelLandmarks(.amnesia))
        disk = rest
        hard.commitHint = min(hard.commitHint, last.previous)
        ghost.isAmnesiac = true
        crash(durable: 0, &logs)
    }

    private mutating func makeDurable(_ count: Int, _ logs: LogTree) {
        for position in 0..<count where !writes[position].isDurable {
            writes[position].isDurable = true
            hard = writes[position].hardState
            if logs.hasWitnesses { noteFormer(after: writes[position].log, logs) }
            disk = writes[position].log
            base = writes[position].base
        }
    }

    // MARK: Effects

    private mutating func feed(_ input: Input, at moment: ModelMoment, _ logs: inout LogTree) {
        if logs.hasWitnesses, isTakenForAnother(by: input, logs) { landmarks.insert(ModelLandmarks(.otherCopy)) }
        var effects = Effects()
        engine.step(input, at: moment, into: &effects)
        if case .proposed(let commands) = input { checkAnswers(to: commands.count, effects) }
        var answers: [Input] = []
        for effect in effects.list {
            switch effect {
            case .persist(let batch, let id): submit(batch, id, &logs)
            case .send(let message, let member): send(message, to: member, logs)
            case .readEntries(let first, let last, let peer, let stream):
                if first <= newestBase?.purged ?? .zero { fail("L4", "entry \(first) is read, which was compacted") }
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
            case .readReady(let id, _): endRead(id, isAnswered: true)
            case .readFailed(let id, _): endRead(id, isAnswered: false)
            case .fence(let reason) where !mayFence:
                fail("no healthy server stops itself", reason)
            case .trace(let event): note(event)
            case .takeSnapshot, .openSnapshot, .readSnapshot, .receiveSnapshot, .dropReceived, .restore, .snapshotEnded:
                carryOut(effect, &answers, logs)
            case .fence, .rejected, .changeEnded, .transferEnded, .membershipChanged, .identityChanged, .formation,
                .probeDisk:
                break
            }
        }
        // Nothing of the engine's depends on when the machine is done, but for snapshots.
        if engine.appliedIndex < engine.applySubmitted, errands.restores.isEmpty {
            answers.append(.applied(through: engine.applySubmitted))
        }
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
        let base = compact(&log, by: batch, logs)
        if logs.hasWitnesses { checkCopies(batch, log, logs) }
        memory = log
        writes.append(ModelWrite(id: id, hardState: batch.hardState ?? hard, log: log, base: base))
    }

    private mutating func send(_ message: Message, to member: Member, _ logs: LogTree) {
        // No server of a model is pristine, so nobody believes it.
        if case .adopt = message { return }
        check(message, to: member, logs)
        let envelope = ModelMessage(
            Envelope(group: .first, from: ModelRoot.member(before.slot), to: member, message: message),
            bringing: held(by: message, logs), logs)
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
        if isAnswered, before.isWitness { fail("X3", "a witness answers a read") }
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
        case .configurationAdopted(_, let membership):
            if membership.isJoint { landmarks.insert(ModelLandmarks(.jointEntered)) }
            if before.engine.membership.isJoint, !membership.isJoint { landmarks.insert(ModelLandmarks(.jointLeft)) }
        case .removed: landmarks.insert(ModelLandmarks(.removed))
        case .electionStarted(_, let isPreVote) where !isPreVote && before.engine.role == .follower:
            landmarks.insert(ModelLandmarks(.transfer))
        case .truncated: landmarks.insert(ModelLandmarks(.repair))
        case .snapshotTaken: landmarks.insert(ModelLandmarks(.snapshotTaken))
        case .snapshotInstalled: landmarks.insert(ModelLandmarks(.snapshotInstalled))
        case .peerSuspect(let peer, _):
            ghost.suspects |= 1 << UInt8(peer.rawValue - 1)
            ghost.committedAtSuspicion = max(ghost.committedAtSuspicion, engine.commitIndex)
            landmarks.insert(ModelLandmarks(.suspect))
        case .protocolViolation(let what) where !mayFence:
            fail("no server breaks the protocol", what)
        default: break
        }
    }
}
