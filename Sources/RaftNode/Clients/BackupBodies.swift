import RaftClient
import RaftCore
import Synchronization

/// Bodies of snapshots that clients read as backups: kept open, so that a newer snapshot does not take one away in the
/// middle, and let go when nobody has read of them for a minute. Bounded: one more is refused as overloaded.
final class BackupBodies: Runnable {
    private struct Body {
        var id: SnapshotID
        var reader: any SnapshotReader
        var lastRead: Instant
    }

    static let most = 4
    /// Nanoseconds.
    private let patience: UInt64

    private let raft: Raft<AnyStateMachine>
    private let state = Mutex<(bodies: [Body], lane: (any Lane)?)>(([], nil))

    init(raft: Raft<AnyStateMachine>, patience: UInt64 = 60_000_000_000) {
        self.raft = raft
        self.patience = patience
    }

    /// How many are kept.
    var count: Int { state.withLock { $0.bodies.count } }

    deinit { state.withLock { $0.lane?.stop() } }

    /// Opens the body of a snapshot that was just taken.
    func open(_ id: SnapshotID, completion: @escaping @Sendable (Result<Void, RaftError>) -> Void) {
        onLane { bodies in completion(Result { () throws(RaftError) in _ = try bodies.reader(of: id) }) }
    }

    func read(
        _ id: SnapshotID, at offset: UInt64, count: Int, hasRoom: @escaping @Sendable () -> Bool,
        completion: @escaping @Sendable (Result<[UInt8], RaftError>) -> Void
    ) {
        guard offset < id.size, (1...RaftClient.largestBackupChunk).contains(count) else {
            let message = "a backup of \(id.size) bytes has no \(count) bytes at \(offset) to give at once"
            return completion(.failure(RaftError(.refused, message)))
        }
        onLane { bodies in
            completion(
                Result { () throws(RaftError) in
                    let reader = try bodies.reader(of: id)
                    guard hasRoom() else {
                        throw RaftError(.overloaded, "earlier answers have not been read: read them first")
                    }
                    do {
                        return try reader.read(at: offset, count: count)
                    } catch {
                        throw RaftError(.snapshotFailed, "snapshot \(id) cannot be read: \(error)")
                    }
                })
        }
    }

    private func onLane(_ body: @escaping @Sendable (BackupBodies) -> Void) {
        let lane = state.withLock { state in
            let lane = state.lane ?? raft.makeSnapshotLane()
            state.lane = lane
            return lane
        }
        lane.schedule(BackupJob { body(self) })
    }

    private func reader(of id: SnapshotID) throws(RaftError) -> any SnapshotReader {
        let now = raft.now
        let known = try state.withLock { state throws(RaftError) -> (any SnapshotReader)? in
            if let at = state.bodies.firstIndex(where: { $0.id == id }) {
                state.bodies[at].lastRead = now
                return state.bodies[at].reader
            }
            guard state.bodies.count < Self.most else {
                throw RaftError(.overloaded, "\(Self.most) backups are being read already: try again later")
            }
            return nil
        }
        if let known { return known }
        let reader: any SnapshotReader
        do {
            reader = try raft.openBody(of: id)
        } catch {
            throw RaftError(.snapshotFailed, "this node does not have snapshot \(id) any more: begin the backup anew")
        }
        // Only this lane adds any.
        state.withLock { $0.bodies.append(Body(id: id, reader: reader, lastRead: now)) }
        raft.timedLane.schedule(self, at: now + patience)
        return reader
    }

    /// Lets go of what nobody reads any more.
    func run() {
        let now = raft.now
        let (gone, next) = state.withLock { [patience] state in
            let gone = state.bodies.filter { now - $0.lastRead >= patience }
            state.bodies.removeAll { now - $0.lastRead >= patience }
            return (gone, state.bodies.map(\.lastRead).min())
        }
        if let next { raft.timedLane.schedule(self, at: next + patience) }
        // Closing a file that has no name any more takes its time.
        if !gone.isEmpty { onLane { _ in withExtendedLifetime(gone) {} } }
    }
}

/// Something to run once, on a lane.
private final class BackupJob: Runnable {
    private let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    func run() { body() }
}
