import RaftCore
import RaftMembership
import RaftTracing

/// Watches the engine and the machine of one process.
final class NodeWatch: EngineProbe, MachineWatcher {
    private let life: SimulatedLife
    private var hasFailed = false

    private init(life: SimulatedLife) { self.life = life }

    static func of(_ life: SimulatedLife) -> NodeWatch {
        if let watch = life.watch { return watch }
        let watch = NodeWatch(life: life)
        life.watch = watch
        return watch
    }

    func stepped(_ engine: RaftEngine, _ input: Input) {
        guard !life.isDead else { return }
        // What was put back together with its mark is told so within this moment, says nothing before, and nothing after.
        let node = life.node
        let isOver = node.damage == .rolledBackWithMark || node.disk.image.hardState?.member != engine.member
        if isOver, node.disk.isFormer(engine.member) { return }
        let led = node.seen.role == .leader
        life.cluster.properties.stepped(engine, input, of: node)
        if engine.role == .leader, !led { life.cluster.beganToLead(node) }
    }

    func willPersist(_ batch: StorageBatch) {
        guard !life.isDead else { return }
        life.node.wholes?.expect(batch)
        life.node.submissions.append(life.node.clock.time(at: life.cluster.world.now))
    }

    // MARK: Machines: every one is fed the committed entries, each once and in order (rules C4, C6)

    func willApply(_ bytes: [UInt8], at index: LogIndex) throws {
        guard !life.isDead else { throw MachineFailure() }
        guard advance(to: index), let entry = life.cluster.properties.committedEntry(at: index) else { return }
        guard entry.kind(at: 0) == .command, entry.withPayload(at: 0, { $0.elementsEqual(bytes) }) else {
            fail(
                "state machine safety",
                "node \(life.node.id) applies another command than the one committed at \(index)")
            return
        }
        life.cluster.properties.checkSession(at: index, applies: true, life.node.id)
        if life.node.failsNextApply {
            life.node.failsNextApply = false
            hasFailed = true
            throw MachineFailure()
        }
    }

    func skipped(from position: LogIndex, to index: LogIndex) {
        guard !life.isDead else { return }
        // A command that was refused has its index already.
        guard index != position, advance(to: index) else { return }
        life.cluster.properties.checkSession(at: index, applies: false, life.node.id)
    }

    func applied(at index: LogIndex, _ output: () -> [UInt8]?) {
        guard !life.isDead, life.cluster.properties.sessionFate(at: index) != nil else { return }
        life.cluster.properties.noteOutput(output(), at: index, of: life.node.id)
    }

    /// A state was read from a snapshot of this node's: it takes the machine's place before anything more is applied.
    func restored(to index: LogIndex) {
        // What is made of bytes that rotted meanwhile may say anything, and is put away as soon as their checksum is known.
        guard !life.isDead, life.node.disk.image.rottenBody == nil else { return }
        life.node.restored = index
        // Position, configuration and log first, in one transaction; then the machine (rule S2).
        if life.node.disk.image.snapshot?.last.index ?? .zero < index {
            fail("S2", "the machine of node \(life.node.id) is restored to \(index), which its disk does not name")
        }
        life.cluster.world.coverage.add(.snapshotRestored)
    }

    private func advance(to index: LogIndex) -> Bool {
        let node = life.node
        if node.restored > node.applied, index == node.restored.next { node.applied = node.restored }
        if hasFailed { fail("C7", "the machine of node \(node.id) goes on after a failure, to entry \(index)") }
        guard index == node.applied.next else {
            fail("C4", "the machine of node \(node.id) is at \(node.applied) and is fed entry \(index)")
            return false
        }
        node.applied = index
        guard let entry = life.cluster.properties.committedEntry(at: index) else {
            fail("state machine safety", "node \(node.id) applies entry \(index), which was not committed")
            return false
        }
        // What it has in memory is whole.
        if let first = node.disk.image.firstDamage, index >= first, !life.rotsUnnoticed {
            fail("D3", "node \(node.id) applies entry \(index), and its entry \(first) is damaged")
        }
        guard node.disk.image.term(at: index) == entry.term(at: 0) else {
            fail("C6", "node \(node.id) applies entry \(index) before it is durable there")
            return false
        }
        life.cluster.world.trace.record(life.cluster.world.now, .applied(node.id, index))
        return true
    }

    private func fail(_ property: String, _ what: String) { life.cluster.world.fail(property, what) }
}

/// What a simulated machine fails with.
struct MachineFailure: Error, CustomStringConvertible {
    var description: String { "the machine was made to fail" }
}

/// What a node says in a simulation: counted, and heard when it is its last word.
///
/// Unchecked, because a simulation is confined to one thread.
final class SimulationSink: TraceSink, @unchecked Sendable {
    private let life: SimulatedLife

    init(life: SimulatedLife) { self.life = life }

    func record(_ event: TraceEvent) {
        guard !life.isDead else { return }
        let cluster = life.cluster
        if let point = Self.points[event.kind.name] { cluster.world.coverage.add(point) }
        cluster.world.trace.record(cluster.world.now, .event(life.node.id, event.message))
        guard event.level == .critical else { return }
        let life = life
        // What it writes for its next life takes its time.
        let isDisowned = event.kind.name == EventKind.nodeDisowned.name
        cluster.world.after(isDisowned ? 5_000_000_000 : 0) {
            if !life.isDead { cluster.stopped(life.node, event.message) }
        }
    }

    func flush() {}

    private static let points: [String: CoveragePoint] = [
        EventKind.conflictRepaired.name: .conflict, EventKind.entriesTruncated.name: .truncation,
        EventKind.quorumLost.name: .quorumLost, EventKind.voteRefused.name: .voteRefused,
        EventKind.snapshotTaken.name: .snapshotTaken, EventKind.snapshotInstalled.name: .snapshotInstalled,
        EventKind.snapshotFailed.name: .snapshotFailed, EventKind.clusterFormed.name: .clusterFormed,
        EventKind.diskStalled.name: .diskStalled, EventKind.memberReturned.name: .returned,
        EventKind.votesWithheld.name: .votesWithheld,
        EventKind.diskFull.name: .diskFull, EventKind.diskRoom.name: .diskRoom,
    ]
}
