import Glibc
import RaftCore
import RaftMembership
import Synchronization

/// Bodies of snapshots in plain files beside the environment; see `SnapshotFile` for their names.
///
/// What of them counts is said by the environment: a body is finished under its own name, durably, before a commit names
/// it, and the one before it is removed only when that commit has returned. So at every moment the body that the
/// environment names is there and whole. Everything else is removed at start, but for parts, which save a transfer.
final class SnapshotFiles: SnapshotStore {
    private let directory: DataDirectory
    private let broken: MutationSwitch
    private let isClosed = Atomic(false)

    init(in directory: DataDirectory, broken: MutationSwitch = MutationSwitch()) {
        self.directory = directory
        self.broken = broken
    }

    func create(for group: GroupID) throws -> any SnapshotWriter {
        try checkThatItIsOpen()
        let file = SnapshotFile(.building, of: group)
        let path = directory.path(of: file)
        try directory.remove(path)
        return SnapshotFileWriter(
            try Descriptor(opening: path, O_WRONLY | O_CREAT | O_EXCL), file, in: directory, broken: broken)
    }

    func resume(_ snapshot: Snapshot, for group: GroupID) throws -> any SnapshotWriter {
        try checkThatItIsOpen()
        let file = SnapshotFile(.part(snapshot.id), of: group)
        for other in try directory.snapshotFiles(of: group) where other.isPart && other != file {
            try directory.remove(directory.path(of: other))
        }
        let part = try Descriptor(opening: directory.path(of: file), O_WRONLY | O_CREAT)
        var size = try part.size()
        if size > snapshot.size {
            try part.resize(to: snapshot.size)
            size = snapshot.size
        }
        return SnapshotFileWriter(part, file, in: directory, size: size, broken: broken)
    }

    func open(_ snapshot: SnapshotID, of group: GroupID) throws -> any SnapshotReader {
        try checkThatItIsOpen()
        let path = directory.path(of: SnapshotFile(.finished(snapshot), of: group))
        guard try directory.exists(path) else {
            throw StorageError(.missing, "group \(group) has no snapshot \(snapshot): there is no file \(path)")
        }
        return try SnapshotFileReader(Descriptor(opening: path, O_RDONLY), size: snapshot.size)
    }

    func close() { isClosed.store(true, ordering: .relaxed) }

    /// The directory may be another process's by now.
    private func checkThatItIsOpen() throws(StorageError) {
        guard !isClosed.load(ordering: .relaxed) else {
            throw StorageError(.misuse, "the storage in \(directory.path) was closed")
        }
    }

    // MARK: What the log's storage asks for

    /// - Throws: `StorageError` code `misuse` when a snapshot that is to be named has no finished body.
    func checkThatBodiesAreFinished(for batches: [StorageBatch]) throws(StorageError) {
        for batch in batches {
            guard let snapshot = batch.snapshot else { continue }
            let path = directory.path(of: SnapshotFile(.finished(snapshot.id), of: batch.group))
            guard try directory.exists(path) else {
                throw StorageError(
                    .misuse,
                    "snapshot \(snapshot.id) of group \(batch.group) cannot be named: its body was not finished")
            }
        }
    }

    /// Removes what the snapshots named in `batches` leave without a use: bodies and parts of the same and earlier
    /// positions. A later one may be finished and not named yet. What stays is removed at the next start: no error.
    func removeSuperseded(by batches: [StorageBatch]) {
        for batch in batches {
            guard let named = batch.snapshot, let files = try? directory.snapshotFiles(of: batch.group) else {
                continue
            }
            for file in files {
                guard let id = file.id, id != named.id, id.last.index <= named.last.index else { continue }
                try? directory.remove(directory.path(of: file))
            }
        }
    }

    /// At start: removes what nothing names (rule S8). What is trusted here must be durable: a body must not go for the sake
    /// of a record that a power cut would take back. Whether those that are named are whole is found out by who reads them.
    func settle(on named: [GroupID: Snapshot]) throws {
        for file in try directory.snapshotFiles() where !file.isPart {
            if let id = file.id, id == named[file.group]?.id { continue }
            try directory.remove(directory.path(of: file))
        }
    }

    /// Why a body that is named cannot be used, by what shows without reading it; nil when nothing does.
    private func damage(of snapshot: Snapshot, of group: GroupID) throws(StorageError) -> String? {
        let path = directory.path(of: SnapshotFile(.finished(snapshot.id), of: group))
        let what: String
        if try !directory.exists(path) {
            what = "is missing"
        } else {
            let size = try Descriptor(opening: path, O_RDONLY).size()
            if size == snapshot.size { return nil }
            what = "has \(size) bytes instead of \(snapshot.size)"
        }
        return """
            \(path) \(what): it is the snapshot of group \(group) through log entry \(snapshot.last); put the file back if \
            it was moved, otherwise move the directory away and start the node again: its cluster takes it in
            """
    }
}

extension DataDirectory {
    func path(of file: SnapshotFile) -> String { path + "/" + file.name }

    /// The files of bodies, in no order.
    /// - Parameter group: nil: of every group.
    func snapshotFiles(of group: GroupID? = nil) throws(StorageError) -> [SnapshotFile] {
        try names().compactMap { SnapshotFile(named: $0) }.filter { group == nil || $0.group == group }
    }
}
