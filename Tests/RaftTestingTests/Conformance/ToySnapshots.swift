import Glibc
import RaftCore
import RaftMembership
import Synchronization

/// Bodies of snapshots in files of the toy storage, and which of them count.
final class ToySnapshots: SnapshotStore {
    private let directory: String
    private let fault: ToyFault?
    private let named = Mutex<[GroupID: Snapshot]>([:])

    init(in directory: String, fault: ToyFault?) {
        self.directory = directory
        self.fault = fault
    }

    private func path(_ kind: String, _ id: SnapshotID, _ group: GroupID) -> String {
        "\(directory)/\(kind)-\(group)-\(id.last.index)-\(id.last.term)-\(id.size)-\(id.checksum)"
    }

    func create(for group: GroupID) throws -> any SnapshotWriter {
        let path = "\(directory)/building-\(group)"
        return ToySnapshotWriter(
            try ToyFile(path, O_RDWR | O_CREAT | O_TRUNC), size: 0, fault, finishedAs: { self.path("body", $0, group) })
    }

    func resume(_ snapshot: Snapshot, for group: GroupID) throws -> any SnapshotWriter {
        let path = path("part", snapshot.id, group)
        for name in try ToyFile.names(in: directory) where name.hasPrefix("part-\(group)-") {
            let other = "\(directory)/\(name)"
            guard other != path || fault == .partsForgotten else { continue }
            if fault == .otherPartContinued { rename(other, path) } else { unlink(other) }
        }
        let file = try ToyFile(path)
        return ToySnapshotWriter(
            file, size: file.readAll().count, fault, finishedAs: { self.path("body", $0, group) })
    }

    func open(_ snapshot: SnapshotID, of group: GroupID) throws -> any SnapshotReader {
        let kinds = fault == .partsServed ? ["body", "part"] : ["body"]
        for kind in kinds where access(path(kind, snapshot, group), F_OK) == 0 {
            return ToySnapshotReader(
                file: try ToyFile(path(kind, snapshot, group), O_RDONLY), ignoresOffset: fault == .bodiesReadFromStart)
        }
        throw StorageError(.missing, "there is no snapshot \(snapshot)")
    }

    // MARK: What is named

    func snapshot(of group: GroupID) -> Snapshot? { named.withLock { $0[group] } }

    /// - Parameter base: of the group's log before.
    /// - Throws: `misuse` for what must not be named or purged.
    func check(_ batches: [StorageBatch], base: (GroupID) throws -> LogIndex) throws {
        var known = named.withLock { $0 }
        for batch in batches {
            if let snapshot = batch.snapshot {
                let isFinished = access(path("body", snapshot.id, batch.group), F_OK) == 0
                guard isFinished || fault == .unfinishedSnapshotsNamed else {
                    throw StorageError(.misuse, "snapshot \(snapshot.id) has no body")
                }
                guard snapshot.last.index >= max(known[batch.group]?.last.index ?? 0, try base(batch.group)) else {
                    throw StorageError(.misuse, "snapshot \(snapshot.id) is older than what is there")
                }
                known[batch.group] = snapshot
            }
            if let purge = batch.purgeThrough, let last = known[batch.group]?.last, purge.index > last.index {
                throw StorageError(.misuse, "a purge through \(purge) is not covered by the snapshot of \(last)")
            }
        }
    }

    /// Commits count, or were read at start.
    func take(_ batches: [StorageBatch]) {
        named.withLock { named in
            var seen: Set<GroupID> = []
            for batch in batches {
                guard let snapshot = batch.snapshot else { continue }
                if !seen.insert(batch.group).inserted, fault == .firstSnapshotOfCommitWins { continue }
                named[batch.group] = snapshot
            }
        }
    }

    /// Removes what `batches` take the place of.
    func removeSuperseded(by batches: [StorageBatch]) {
        guard fault != .supersededBodiesKept else { return }
        for batch in batches {
            guard let snapshot = batch.snapshot else { continue }
            let old = Set([self.snapshot(of: batch.group)?.id].compactMap { $0 }).subtracting([snapshot.id])
            for id in old { unlink(path("body", id, batch.group)) }
        }
    }

    /// At start, when what is named is known.
    func settle() throws {
        let wanted = named.withLock { $0 }.map { path("body", $1.id, $0) }
        for path in wanted where access(path, F_OK) != 0 { throw StorageError(.damaged, "\(path) is missing") }
        for name in try ToyFile.names(in: directory) where name.hasPrefix("body-") || name.hasPrefix("building-") {
            if !wanted.contains("\(directory)/\(name)") { unlink("\(directory)/\(name)") }
        }
    }
}
