import RaftMembership
import Synchronization

extension ClusterRecovery {
    /// The state after the last entry of the log, made by the applier that a running node has.
    func stateAtTheEnd(of machine: some StateMachine) throws -> StateView {
        guard found.snapshot != nil || found.terms.base == .zero else {
            throw StorageError(.misuse, "the log begins after \(found.terms.base), and there is no snapshot")
        }
        let outcome = Outcome()
        let applier = MachineApplier(
            machine: machine, applied: .zero, lane: NoLane(), isInline: true, storage: storage, group: .first,
            report: { outcome.take($0) })
        if let snapshot = found.snapshot { try restore(snapshot, through: applier, outcome) }
        applier.submit(.apply(through: found.terms.last.index, entries: [], waiters: []))
        applier.run()
        try outcome.check()
        applier.submit(.view { outcome.take($0) })
        applier.run()
        guard let state = try outcome.view() else {
            throw StorageError(.misuse, "this machine gives no snapshots, and a new cluster begins with one")
        }
        return state
    }

    private func restore(_ snapshot: Snapshot, through applier: any Applier, _ outcome: Outcome) throws {
        let reader = try storage.snapshots?.open(snapshot.id, of: .first)
        applier.submit(.restore(snapshot) { outcome.take($0) })
        applier.run()
        guard let reader, let restoration = outcome.restoration else { throw snapshot.damaged }
        try SnapshotBody.readState(snapshot, from: reader, isCancelled: { false }) {
            try restoration.restore($0, from: $1)
        }
        applier.submit(.restored(restoration) { $0.release() })
        applier.run()
    }
}

/// What an applier that is run by hand has handed out.
private final class Outcome: Sendable {
    private struct State {
        var failure: StorageError?
        var view: Result<StateView?, any Error> = .success(nil)
        var restoration: Restoration?
    }

    private let state = Mutex(State())

    func take(_ report: ApplyReport) {
        switch report {
        case .applied, .unproven, .sessionOpened, .sessionsExpired: break
        case .missing(let index):
            state.withLock { $0.failure = StorageError(.damaged, "log entry \(index) is missing") }
        case .failed(let index, let error):
            state.withLock { $0.failure = StorageError(.io, "the state machine failed at index \(index): \(error)") }
        }
    }

    func take(_ view: Result<StateView?, any Error>) { state.withLock { $0.view = view } }

    func take(_ restoration: Restoration) { state.withLock { $0.restoration = restoration } }

    func check() throws {
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    func view() throws -> StateView? { try state.withLock { $0.view }.get() }

    var restoration: Restoration? { state.withLock { $0.restoration } }
}

/// Of an applier that is run by hand.
private struct NoLane: Lane {
    func schedule(_ job: any Runnable) {}
}
