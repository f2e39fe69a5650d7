import RaftCore
import RaftMembership

/// Bodies of snapshots on the disk of one process. What is finished is durable; of what is being received a crash leaves
/// a part, of what is being taken nothing.
///
/// Unchecked, because a simulation is confined to one thread.
final class SimulatedSnapshots: SnapshotStore, @unchecked Sendable {
    private let life: SimulatedLife

    init(life: SimulatedLife) { self.life = life }

    func create(for group: GroupID) throws -> any SnapshotWriter { Writer(life, receiving: nil, []) }

    func resume(_ snapshot: Snapshot, for group: GroupID) throws -> any SnapshotWriter {
        let disk = life.node.disk
        guard let part = disk.image.part, part.id == snapshot.id else {
            return Writer(life, receiving: snapshot.id, [])
        }
        // Nobody had synced it.
        let kept = part.life == life.number ? part.bytes.count : disk.random.index(below: part.bytes.count + 1)
        if kept > 0 { life.cluster.world.coverage.add(.snapshotResumed) }
        return Writer(life, receiving: snapshot.id, Array(part.bytes.prefix(kept)))
    }

    func open(_ snapshot: SnapshotID, of group: GroupID) throws -> any SnapshotReader {
        guard let bytes = life.node.disk.image.bodies[snapshot] else {
            throw StorageError(.missing, "there is no snapshot \(snapshot)")
        }
        return Reader(life.node.disk, snapshot, bytes)
    }

    private final class Writer: SnapshotWriter, @unchecked Sendable {
        private let life: SimulatedLife
        private let receiving: SnapshotID?
        private var bytes: [UInt8]

        init(_ life: SimulatedLife, receiving: SnapshotID?, _ bytes: [UInt8]) {
            self.life = life
            self.receiving = receiving
            self.bytes = bytes
        }

        var size: UInt64 { UInt64(bytes.count) }

        func append(_ more: UnsafeRawBufferPointer) throws {
            try check()
            bytes.append(contentsOf: more)
            if let receiving { life.node.disk.image.part = (receiving, bytes, life.number) }
        }

        func finish(as snapshot: Snapshot) throws {
            try check()
            life.node.disk.image.finish(snapshot.id, bytes)
        }

        func discard() {
            if receiving != nil, !life.isDead { life.node.disk.image.part = nil }
        }

        private func check() throws {
            guard life.passesBoundary() else { throw StorageError(.io, "the process is dead") }
            if life.node.disk.isFull { throw StorageError(.full, "no space left on device") }
        }
    }

    private final class Reader: SnapshotReader, @unchecked Sendable {
        private let disk: SimulatedDisk
        private let id: SnapshotID
        /// What it had when it was opened, for another may take its place.
        private let bytes: [UInt8]

        init(_ disk: SimulatedDisk, _ id: SnapshotID, _ bytes: [UInt8]) {
            self.disk = disk
            self.id = id
            self.bytes = bytes
        }

        func read(at offset: UInt64, count: Int) throws -> [UInt8] {
            // It may have rotted since.
            let bytes = disk.image.bodies[id] ?? bytes
            guard offset < UInt64(bytes.count) else { return [] }
            return Array(bytes[Int(offset)...].prefix(count))
        }
    }
}
