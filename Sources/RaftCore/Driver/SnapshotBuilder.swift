import RaftMembership
import Synchronization

/// Writes views of the machine out and reads states in: what may take minutes, on a lane of its own, so that nothing waits
/// for it, transfers to peers included (rule S7). One job at a time.
final class SnapshotBuilder: Sendable {
    private let store: any SnapshotStore
    private let group: GroupID
    private let lane: any Lane
    private let pulse: RaftPulse
    private let report: @Sendable (SnapshotReport) -> Void
    private let isCancelled = Atomic(false)

    init(
        store: any SnapshotStore, group: GroupID, lane: any Lane, pulse: RaftPulse,
        report: @escaping @Sendable (SnapshotReport) -> Void
    ) {
        self.store = store
        self.group = group
        self.lane = lane
        self.pulse = pulse
        self.report = report
    }

    /// What is under way comes to nothing: the node ends.
    func cancel() { isCancelled.store(true, ordering: .relaxed) }

    /// Any thread: the applier's.
    func take(_ order: UInt64, _ snapshot: Snapshot, from view: StateView) {
        // A machine that owns its applied index may be further on after a start than what is known to be committed (rule C5):
        // whoever restored that as an earlier state would apply entries twice.
        guard view.applied <= snapshot.last.index else {
            report(
                .taken(
                    order,
                    .failed(
                        "the machine is at entry \(view.applied) already, behind \(snapshot.last), which is all that is known "
                            + "to be committed since the start: ask again")))
            return
        }
        lane.schedule(
            Job { [self] in
                do {
                    let writer = try store.create(for: group)
                    do {
                        let whole = try SnapshotBody.write(
                            view.machine, record: view.sessions.encode(), as: snapshot, to: writer,
                            isCancelled: { self.isCancelled.load(ordering: .relaxed) })
                        report(.taken(order, .taken(whole)))
                    } catch {
                        writer.discard()
                        throw error
                    }
                } catch {
                    report(.taken(order, .failed("the snapshot at \(snapshot.last) could not be written: \(error)")))
                }
            })
    }

    /// Any thread. Of a witness: there is no state, but the file that a snapshot has.
    func takePosition(_ order: UInt64, _ snapshot: Snapshot) {
        lane.schedule(
            Job { [self] in
                do {
                    try store.create(for: group).finish(as: snapshot)
                    report(.taken(order, .taken(snapshot)))
                } catch {
                    report(.taken(order, .failed("the snapshot at \(snapshot.last) could not be written: \(error)")))
                }
            })
    }

    /// Any thread.
    func restore(_ snapshot: Snapshot, from reader: (any SnapshotReader)?, _ restoration: Restoration) {
        guard let reader else { return }
        lane.schedule(
            Job { [self] in
                do {
                    // Asked before each piece.
                    let isCancelled = {
                        self.pulse.recovered()
                        return self.isCancelled.load(ordering: .relaxed)
                    }
                    try SnapshotBody.readState(snapshot, from: reader, isCancelled: isCancelled) {
                        try restoration.restore($0, from: $1)
                    }
                    report(.restored(restoration))
                } catch {
                    report(.notRestored(snapshot, error))
                }
            })
    }

    /// Lets go of a state that is not needed any more, which takes its time when it is large.
    func release(_ restoration: Restoration) { lane.schedule(Job { restoration.release() }) }
}
