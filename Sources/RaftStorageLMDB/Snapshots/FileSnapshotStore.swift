import Glibc
import RaftCore
import RaftMembership
import Synchronization

/// Bodies of snapshots as files beside the environment; see `SnapshotFiles` for their names.
final class FileSnapshotStore: SnapshotStore {
    private let files: SnapshotFiles

    init(_ directory: DataDirectory) {
        files = SnapshotFiles(directory: directory)
    }

    func create(for group: GroupID) throws -> any SnapshotWriter {
        let path = files.fresh(group)
        try files.directory.remove(path)
        return FileSnapshotWriter(try Descriptor(opening: path, O_RDWR | O_CREAT | O_EXCL), 0, group, files)
    }

    func resume(_ snapshot: Snapshot, for group: GroupID) throws -> any SnapshotWriter {
        // A part of another body is nobody's any more (rule S1).
        try files.remove { other, id, isPart in other == group && isPart && id != snapshot.id }
        let file = try Descriptor(opening: files.part(snapshot.id, group), O_RDWR | O_CREAT)
        let size = min(try file.size(), snapshot.size)
        return FileSnapshotWriter(file, size, group, files)
    }

    func open(_ snapshot: SnapshotID, of group: GroupID) throws -> any SnapshotReader {
        let path = files.body(snapshot, group)
        guard try files.directory.exists(path) else {
            throw StorageError(.missing, "there is no snapshot \(snapshot) in \(files.directory.path)")
        }
        return FileSnapshotReader(try Descriptor(opening: path, O_RDONLY))
    }
}

/// Writes a body, and syncs it as it goes, so that a large one makes no large sync at its end, which every commit of the
/// same disk would wait for (rule S7).
private final class FileSnapshotWriter: SnapshotWriter {
    private struct State {
        var size: UInt64
        var synced: UInt64
        var isOver = false
    }

    private static let syncStep: UInt64 = 16 << 20

    private let file: Descriptor
    private let group: GroupID
    private let files: SnapshotFiles
    private let state: Mutex<State>

    init(
        _ file: consuming Descriptor, _ size: UInt64, _ group: GroupID, _ files: SnapshotFiles
    ) {
        self.file = file
        self.group = group
        self.files = files
        state = Mutex(State(size: size, synced: size))
    }

    var size: UInt64 { state.withLock { $0.size } }

    func append(_ bytes: UnsafeRawBufferPointer) throws {
        try state.withLock { state in
            guard !state.isOver else { throw StorageError(.misuse, "\(file.path) is finished") }
            try file.write(bytes, at: state.size)
            state.size += UInt64(bytes.count)
            guard state.size - state.synced >= Self.syncStep else { return }
            try file.synchronize()
            state.synced = state.size
        }
    }

    func finish(as snapshot: Snapshot) throws {
        try state.withLock { state in
            guard !state.isOver, state.size == snapshot.size else {
                throw StorageError(
                    .misuse, "\(file.path) has \(state.size) bytes, the snapshot \(snapshot.id) \(snapshot.size)")
            }
            try file.synchronize()
            let name = files.body(snapshot.id, group)
            guard rename(file.path, name) == 0 else { throw StorageError(system: errno, "rename", file.path) }
            state.isOver = true
            try files.directory.synchronize()
        }
    }

    func discard() {
        state.withLock { state in
            if !state.isOver { unlink(file.path) }
            state.isOver = true
        }
    }
}

/// Keeps its file open: it can be read to its end when its name is gone.
private final class FileSnapshotReader: SnapshotReader {
    private let file: Descriptor

    init(_ file: consuming Descriptor) { self.file = file }

    func read(at offset: UInt64, count: Int) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            initialized = try file.read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
        }
    }
}
