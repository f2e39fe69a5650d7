import Glibc
import RaftCore
import RaftMembership
import Synchronization

/// A body that grows at the end of its file.
final class SnapshotFileWriter: SnapshotWriter {
    private struct State {
        var size: UInt64
        /// Bytes since the last sync.
        var unsynced = 0
        /// Finished, discarded, or no longer to be trusted.
        var isOver = false
    }

    /// Synced this often, so that no sync is so large that the log's would wait for it (rule S7).
    private static let syncStep = 16 << 20

    private let descriptor: Descriptor
    private let file: SnapshotFile
    private let directory: DataDirectory
    private let broken: MutationSwitch
    private let state: Mutex<State>

    /// - Parameter size: bytes that are there.
    init(
        _ descriptor: consuming Descriptor, _ file: SnapshotFile, in directory: DataDirectory, size: UInt64 = 0,
        broken: MutationSwitch
    ) {
        self.descriptor = descriptor
        self.file = file
        self.directory = directory
        self.broken = broken
        state = Mutex(State(size: size))
    }

    var size: UInt64 { state.withLock { $0.size } }

    func append(_ bytes: UnsafeRawBufferPointer) throws {
        try state.withLock { state in
            try checkThatItGoesOn(state)
            try descriptor.write(bytes, at: state.size)
            state.size += UInt64(bytes.count)
            state.unsynced += bytes.count
            guard state.unsynced >= Self.syncStep else { return }
            try trusting(&state) { () throws(StorageError) in try descriptor.synchronizeData() }
            state.unsynced = 0
        }
    }

    func finish(as snapshot: Snapshot) throws {
        try state.withLock { state in
            try checkThatItGoesOn(state)
            guard file.id == nil || file.id == snapshot.id, state.size == snapshot.size else {
                throw StorageError(
                    .misuse, "\(descriptor.path), of \(state.size) bytes, is not snapshot \(snapshot.id)")
            }
            if !broken.breaks(.snapshotWithoutSync) {
                try trusting(&state) { () throws(StorageError) in try descriptor.synchronize() }
            }
            let finished = directory.path(of: SnapshotFile(.finished(snapshot.id), of: file.group))
            let isAnew = try !directory.exists(finished)
            try directory.rename(descriptor.path, to: finished)
            state.isOver = true
            do {
                try directory.synchronize()
            } catch {
                // Whether it has its name after a crash is open, so nothing may count on it. But one that was there
                // before may be named already, and has the same bytes.
                if isAnew { try? directory.remove(finished) }
                throw error
            }
        }
    }

    func discard() {
        state.withLock { state in
            guard !state.isOver else { return }
            abandon(&state)
        }
    }

    private func checkThatItGoesOn(_ state: State) throws(StorageError) {
        guard !state.isOver else { throw StorageError(.misuse, "\(descriptor.path) was finished or given up before") }
    }

    /// After a failure nobody knows what of it is on disk, and no later sync says (rule D2): it goes.
    private func trusting(
        _ state: inout State, _ sync: () throws(StorageError) -> Void
    ) throws(StorageError) {
        do {
            try sync()
        } catch {
            abandon(&state)
            throw error
        }
    }

    private func abandon(_ state: inout State) {
        state.isOver = true
        do {
            try directory.remove(descriptor.path)
        } catch {
            // An empty one is worth as little.
            try? descriptor.resize(to: 0)
        }
    }
}
