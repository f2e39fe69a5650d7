package import RaftMembership
import RaftTracing

// Snapshots: their bodies and the machine are elsewhere; the driver passes orders on and reports back.
extension Driver {
    /// Any thread; calls back on the driver's lane.
    package func requestSnapshot(
        compacts: Bool,
        _ completion: @escaping @Sendable (Result<(snapshot: Snapshot, purged: LogIndex), RaftError>) -> Void
    ) {
        post(.snapshotCall(compacts: compacts, completion))
    }

    func requestSnapshot(
        compacts: Bool,
        _ completion: @escaping @Sendable (Result<(snapshot: Snapshot, purged: LogIndex), RaftError>) -> Void,
        _ now: Instant
    ) {
        if let failure {
            completion(.failure(failureForCalls(failure)))
            return
        }
        guard let id = snapshotCalls.add(completion) else {
            completion(.failure(Self.overloaded))
            return
        }
        step(.snapshotRequested(id, compacts: compacts), now)
    }

    func snapshotEnded(_ id: CallID, _ outcome: SnapshotOutcome) {
        guard let completion = snapshotCalls.take(id) else { return }
        switch outcome {
        case .done(let snapshot, let purged): completion(.success((snapshot, purged)))
        case .failed(let reason): completion(.failure(RaftError(.snapshotFailed, reason)))
        }
    }

    func endSnapshotCalls(_ error: RaftError) {
        for completion in snapshotCalls.takeAll() { completion(.failure(error)) }
    }

    func takeSnapshot(_ order: UInt64, _ snapshot: Snapshot) {
        spans?.snapshotBegan(order, snapshot)
        guard let builder = snapshotBuilder else {
            post(.snapshot(.taken(order, .impossible("this storage keeps no snapshots"))))
            return
        }
        // A witness has positions only, and so have its snapshots (rule X2). In its turn: the log may be cut behind it.
        if engine.isWitness {
            applier.submit(.view { _ in builder.takePosition(order, snapshot) })
            return
        }
        applier.submit(
            .view { [weak self] result in
                switch result {
                case .success(let view?): builder.take(order, snapshot, from: view)
                case .success(nil):
                    self?.post(.snapshot(.taken(order, .impossible("this machine gives no snapshots"))))
                case .failure(let error):
                    self?.post(.snapshot(.taken(order, .failed("the machine gave no snapshot: \(error)"))))
                }
            })
    }

    func restore(_ snapshot: Snapshot) {
        guard let builder = snapshotBuilder else {
            fail("the log begins after entry \(snapshot.last), and this storage keeps no snapshots", .nodeFenced)
            return
        }
        orderedThrough = max(orderedThrough, snapshot.last.index)
        tally.restores(through: snapshot.last.index)
        guard !snapshot.isWithoutBody else {
            applier.submit(.restore(snapshot) { _ in })
            return
        }
        do {
            // Opened here, before another snapshot can take its place.
            let reader = try storage.snapshots?.open(snapshot.id, of: engine.group)
            applier.submit(.restore(snapshot) { builder.restore(snapshot, from: reader, $0) })
        } catch {
            fail("snapshot \(snapshot.id) could not be restored: \(error)", .storageFailed)
        }
    }

    func readSnapshot(
        _ snapshot: Snapshot, _ offset: UInt64, _ count: Int, _ peer: NodeID, _ stream: UInt32
    ) {
        guard let carrier = snapshotCarrier else { return }
        carrier.submit(.read(snapshot, offset: offset, count: count, peer: peer, stream: stream))
    }

    /// For peers, before another snapshot can take its place.
    func openSnapshot(_ id: SnapshotID) {
        guard let carrier = snapshotCarrier else { return }
        sentSnapshots.insert(id)
        if let reader = try? storage.snapshots?.open(id, of: engine.group) { carrier.submit(.keep(id, reader)) }
    }

    /// Bodies that nobody is sent any more are closed: one that was replaced takes room on the disk until then.
    func closeSnapshots() {
        guard !sentSnapshots.isEmpty else { return }
        for id in sentSnapshots
        where engine.role != .leader || !engine.transfers.contains(where: { $0.snapshot.id == id }) {
            snapshotCarrier?.submit(.close(id))
            sentSnapshots.remove(id)
        }
    }

    func receiveSnapshot(_ snapshot: Snapshot, _ offset: UInt64, _ bytes: [UInt8]) {
        guard let carrier = snapshotCarrier else {
            post(
                .snapshot(
                    .notReceived(snapshot.id, StorageError(.misuse, "this storage keeps no snapshots"))))
            return
        }
        carrier.submit(.receive(snapshot, offset: offset, bytes))
    }

    func take(_ report: SnapshotReport, _ now: Instant) {
        switch report {
        case .taken(let order, let result):
            spans?.snapshotEnded(order, result.failure)
            step(.snapshotTaken(order, result), now)
        case .read(let bytes, let offset, let peer, let stream):
            step(.snapshotRead(bytes, offset: offset, for: peer, stream: stream), now)
        case .damaged(let id, let error): step(.snapshotDamaged(id, "\(error)"), now)
        case .received(let id, let written, let isWhole):
            step(.snapshotReceived(id, written: written, isWhole: isWhole), now)
        case .notReceived(let id, let error):
            step(.snapshotNotReceived(id, "snapshot \(id) was not received: \(error)"), now)
        case .restored(let restoration):
            let builder = snapshotBuilder
            applier.submit(.restored(restoration) { builder?.release($0) })
        case .notRestored(let snapshot, let error):
            fail("snapshot \(snapshot.id) could not be restored: \(error)", .storageFailed)
        }
    }
}
