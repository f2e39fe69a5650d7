import RaftCore
import RaftMembership

// Snapshots of one server: taken, sent, installed (§7), and what it alone can break of the rules about them.
extension ServerStep {
    /// - Parameter number: tells calls apart.
    mutating func requestSnapshot(_ number: UInt8, _ logs: inout LogTree) {
        let id = CallID(rawValue: 100 + UInt64(number))
        errands.calls.append((id, engine.applySubmitted))
        run(.snapshotRequested(id, compacts: true), at: .recent, &logs)
    }

    /// Something that was under way beside the log is done.
    mutating func run(_ errand: ModelErrand, at moment: ModelMoment, _ logs: inout LogTree) {
        switch errand {
        case .build:
            guard let (order, taken) = errands.build else { return }
            errands.build = nil
            finished = (snapshot: taken, isReceived: false)
            run(.snapshotTaken(order, .taken(taken.snapshot)), at: moment, &logs)
        case .receive:
            guard let received = errands.receiving else { return }
            errands.receiving = nil
            finished = (snapshot: received, isReceived: true)
            let snapshot = received.snapshot
            run(.snapshotReceived(snapshot.id, written: snapshot.size, isWhole: true), at: moment, &logs)
        case .restore:
            guard !errands.restores.isEmpty else { return }
            let restored = errands.restores.removeFirst()
            run(.applied(through: restored.snapshot.last.index), at: moment, &logs)
        }
    }

    /// What is on disk once every write is durable.
    var newestBase: ModelBase? { writes.last { !$0.isDurable }.map(\.base) ?? base }

    // MARK: Effects

    mutating func carryOut(_ effect: Effect, _ answers: inout [Input], _ logs: LogTree) {
        switch effect {
        case .takeSnapshot(let order, let snapshot): take(order, snapshot, logs)
        case .readSnapshot(_, let offset, let count, let peer, let stream):
            let bytes = [UInt8](repeating: 0, count: count)
            answers.append(.snapshotRead(bytes, offset: offset, for: peer, stream: stream))
        case .receiveSnapshot(let snapshot, _, let bytes):
            if let answer = receive(snapshot, isOffer: bytes.isEmpty, logs) { answers.append(answer) }
        case .dropReceived: errands.receiving = nil
        case .restore(let snapshot): restore(snapshot)
        case .snapshotEnded(let id, let outcome): endCall(id, outcome)
        default: break
        }
    }

    private mutating func endCall(_ id: CallID, _ outcome: SnapshotOutcome) {
        guard let position = errands.calls.firstIndex(where: { $0.id == id }) else {
            fail("W1", "a call for a snapshot ends that nobody waits for")
            return
        }
        let call = errands.calls.remove(at: position)
        if case .done = outcome, base?.index ?? .zero < call.through {
            fail("D1", "a snapshot of \(call.through) is said to be taken, and the disk names none")
        }
    }

    private mutating func take(_ order: UInt64, _ snapshot: Snapshot, _ logs: LogTree) {
        guard let log = logs.prefix(of: memory, through: snapshot.last.index), logs.last(of: log) == snapshot.last,
            snapshot.last.index <= engine.commitIndex, logs.isPrefix(log, of: disk)
        else {
            fail("S1", "a snapshot of \(snapshot.last) is taken, which is not committed and durable here")
            return
        }
        let taken = logs.snapshot(of: log, cluster: snapshot.cluster, isWhole: !engine.isWitness)
        if taken.configuration != snapshot.configuration {
            fail("S1", "a snapshot of \(snapshot.last) is taken with configuration \(snapshot.configuration.id)")
        }
        errands.build = (order, ModelSnapshot(taken, of: log))
    }

    /// A piece of a body is written in its time. That there is none yet, or none at all, is known at once.
    private mutating func receive(_ snapshot: Snapshot, isOffer: Bool, _ logs: LogTree) -> Input? {
        errands.receiving = nil
        guard !snapshot.isWithoutBody else {
            finished = (snapshot: ModelSnapshot(snapshot, of: logs.positions(of: arriving)), isReceived: true)
            return .snapshotReceived(snapshot.id, written: 0, isWhole: true)
        }
        if isOffer { return .snapshotReceived(snapshot.id, written: 0, isWhole: false) }
        errands.receiving = ModelSnapshot(snapshot, of: arriving)
        return nil
    }

    /// The machine is restored from what is durable, and never to an older state (rules S2, S3).
    private mutating func restore(_ snapshot: Snapshot) {
        guard let base, base.index >= snapshot.last.index else {
            fail("S2", "the machine is restored to \(snapshot.last), which the disk does not name")
            return
        }
        if snapshot.last.index < applied { fail("S3", "the state goes back from \(applied) to \(snapshot.last)") }
        applied = max(applied, snapshot.last.index)
        errands.restores.append(ModelSnapshot(snapshot, of: base.held.log))
    }

    // MARK: The disk

    /// What the disk names after the batch, and where the log begins. The order of its parts is that of storage.
    mutating func compact(_ log: inout LogHandle, by batch: StorageBatch, _ logs: LogTree) -> ModelBase? {
        let old = newestBase
        guard batch.snapshot != nil || batch.purgeThrough != nil else { return old }
        var held = old?.held
        if let snapshot = batch.snapshot {
            guard let finished, finished.snapshot.snapshot == snapshot else {
                fail("S2", "a snapshot of \(snapshot.last) is named, and its body is not complete")
                return old
            }
            checkNaming(snapshot, after: old, isReceived: finished.isReceived, logs)
            held = finished.snapshot
        }
        guard let held else {
            fail("S1", "the log is cut, and there is no snapshot")
            return nil
        }
        var purged = old?.purged ?? .zero
        if let position = batch.purgeThrough {
            purged = position.index
            if held.snapshot.last.index < purged { fail("S1", "the log is cut to \(position), beyond the snapshot") }
            let kept = logs.prefix(of: log, through: purged)
            // Past the end of the log, or where it holds another entry, nothing is left of it.
            if kept.map(logs.last(of:)) != position { log = held.log }
        }
        return ModelBase(held: held, purged: purged)
    }

    private mutating func checkNaming(
        _ snapshot: Snapshot, after old: ModelBase?, isReceived: Bool, _ logs: LogTree
    ) {
        if let old, old.index > snapshot.last.index {
            fail("S8", "a snapshot of \(snapshot.last) takes the place of one of \(old.held.snapshot.last)")
        }
        if isReceived, snapshot.last.index <= before.engine.commitIndex {
            fail(
                "S3", "a snapshot of \(snapshot.last) is installed, and entry \(before.engine.commitIndex) is committed"
            )
        }
        guard logs.hasWitnesses, let kind = snapshot.configuration.membership.kind(of: engine.member.id) else { return }
        if snapshot.isWithoutBody != (kind == .witness) {
            fail("X2", "a \(kind) keeps a snapshot \(snapshot.isWithoutBody ? "without" : "with") its body")
        }
    }

    // MARK: Messages

    /// What a snapshot holds that is sent: this server's own log up to its position (rule S1).
    mutating func held(by message: Message, _ logs: LogTree) -> LogHandle {
        guard case .installSnapshot(let request) = message else { return .empty }
        let snapshot = request.snapshot
        guard let log = logs.prefix(of: memory, through: snapshot.last.index), logs.last(of: log) == snapshot.last,
            snapshot.isWithoutBody || snapshot.checksum == logs.checksum(of: log)
        else {
            fail("S1", "a snapshot of \(snapshot.last) is sent, which is not that of this log")
            return .empty
        }
        return log
    }

    /// Position, configuration and log are durable, and the machine has the state, before any of it is told (rule S2).
    mutating func checkInstallation(_ reply: InstallSnapshotReply, _ logs: LogTree) {
        guard case .installed(let index) = reply.outcome else { return }
        guard let log = logs.prefix(of: memory, through: index), logs.isPrefix(log, of: disk) else {
            fail("S2", "a snapshot is said to be installed to \(index), and that is not durable")
            return
        }
        if let base, engine.appliedIndex < min(base.index, reply.snapshot.last.index) {
            fail(
                "S2",
                "a snapshot of \(base.index) is said to be installed, and the machine is at \(engine.appliedIndex)")
        }
        if hard.term < reply.term { fail("V14", "term \(reply.term) is answered in and not durable") }
    }

    /// After the step: every call ends, once something is done that is under way (rule W1).
    mutating func checkCalls() {
        guard !errands.calls.isEmpty, !engine.isFenced, engine.snapshots.taking == nil,
            engine.snapshots.installing == nil, writes.isEmpty
        else { return }
        fail("W1", "a call for a snapshot waits, and nothing is under way that would end it")
    }

    /// After the step: where the log begins is what was written (rules L12, S1).
    mutating func checkBase(_ logs: LogTree) {
        let newest = newestBase
        let purged = newest.flatMap { logs.prefix(of: memory, through: $0.purged) } ?? .empty
        if engine.log.base != logs.last(of: purged) || engine.snapshots.newest != newest?.held.snapshot {
            fail(
                "L12",
                "the log in memory begins after \(engine.log.base), what was written after \(logs.last(of: purged))")
        }
        if engine.commitIndex < max(engine.log.base.index, newest?.index ?? .zero) {
            fail("S1", "the commit index, \(engine.commitIndex), is below the snapshot")
        }
        if let newest, !logs.isPrefix(newest.held.log, of: memory) {
            fail("S1", "the log does not go on from the snapshot of \(newest.held.snapshot.last)")
        }
    }
}
