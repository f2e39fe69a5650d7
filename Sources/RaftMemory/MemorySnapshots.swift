import RaftCore
import RaftMembership
import Synchronization

/// Bodies of snapshots in memory.
final class MemorySnapshots: SnapshotStore {
    private struct Bodies {
        var finished: [SnapshotID: [UInt8]] = [:]
        /// The one that is being received.
        var partial: (id: SnapshotID, bytes: [UInt8])?
    }

    private let groups = Mutex<[GroupID: Bodies]>([:])

    func create(for group: GroupID) throws -> any SnapshotWriter { Writer(self, group, receiving: nil, []) }

    func resume(_ snapshot: Snapshot, for group: GroupID) throws -> any SnapshotWriter {
        let bytes: [UInt8] = groups.withLock { groups in
            guard let partial = groups[group]?.partial else { return [] }
            if partial.id == snapshot.id { return partial.bytes }
            groups[group]?.partial = nil
            return []
        }
        return Writer(self, group, receiving: snapshot.id, bytes)
    }

    func open(_ snapshot: SnapshotID, of group: GroupID) throws -> any SnapshotReader {
        guard let bytes = groups.withLock({ $0[group]?.finished[snapshot] }) else {
            throw StorageError(.missing, "there is no snapshot \(snapshot)")
        }
        return Reader(bytes)
    }

    func isFinished(_ snapshot: SnapshotID, of group: GroupID) -> Bool {
        groups.withLock { $0[group]?.finished[snapshot] != nil }
    }

    /// The snapshot is the group's own: what it supersedes goes. A later one may be finished and not named yet.
    func removeSuperseded(by snapshot: SnapshotID, of group: GroupID) {
        groups.withLock { groups in
            guard let finished = groups[group]?.finished else { return }
            groups[group]?.finished = finished.filter { id, _ in
                id == snapshot || id.last.index > snapshot.last.index
            }
        }
    }

    private final class Writer: SnapshotWriter {
        private let store: MemorySnapshots
        private let group: GroupID
        private let receiving: SnapshotID?
        private let bytes: Mutex<[UInt8]>

        init(_ store: MemorySnapshots, _ group: GroupID, receiving: SnapshotID?, _ bytes: [UInt8]) {
            self.store = store
            self.group = group
            self.receiving = receiving
            self.bytes = Mutex(bytes)
        }

        var size: UInt64 { bytes.withLock { UInt64($0.count) } }

        func append(_ more: UnsafeRawBufferPointer) throws { bytes.withLock { $0.append(contentsOf: more) } }

        func finish(as snapshot: Snapshot) throws {
            let all = bytes.withLock { bytes in
                defer { bytes = [] }
                return bytes
            }
            store.groups.withLock { groups in
                groups[group, default: Bodies()].finished[snapshot.id] = all
                if receiving != nil { groups[group]?.partial = nil }
            }
        }

        func discard() {
            bytes.withLock { $0 = [] }
            if receiving != nil { store.groups.withLock { $0[group]?.partial = nil } }
        }

        deinit {
            guard let receiving else { return }
            let left = bytes.withLock { $0 }
            guard !left.isEmpty else { return }
            store.groups.withLock { $0[group, default: Bodies()].partial = (receiving, left) }
        }
    }

    private final class Reader: SnapshotReader {
        private let bytes: [UInt8]

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        func read(at offset: UInt64, count: Int) throws -> [UInt8] {
            guard offset < UInt64(bytes.count) else { return [] }
            return Array(bytes[Int(offset)...].prefix(count))
        }
    }
}
