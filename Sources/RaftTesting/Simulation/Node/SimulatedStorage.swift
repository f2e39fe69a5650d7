import RaftCore
import RaftMembership

/// The storage of one process: production calls it as any other, and the disk below decides what becomes of it.
///
/// Unchecked, because a simulation is confined to one thread.
final class SimulatedStorage: LogStorage, @unchecked Sendable {
    private let life: SimulatedLife
    /// A storage of the user's own, which then holds the data; the image keeps the books.
    private let own: (any LogStorage)?
    /// A process that dies during a commit leaves so many batches of it.
    var survivors: Int?

    init(life: SimulatedLife, own: (any LogStorage)?) {
        self.life = life
        self.own = own
    }

    private var disk: SimulatedDisk { life.node.disk }

    func recover(_ group: GroupID) throws -> RecoveredGroup {
        life.cluster.properties.willRecover(on: life.node)
        let recovered = try disk.image.recover(mutation: life.cluster.mutation)
        guard let own else { return recovered }
        let found = try own.recover(group)
        guard found == recovered else {
            throw StorageError(
                .damaged,
                "the storage recovers entries to \(found.terms.last) where \(recovered.terms.last) was committed")
        }
        return found
    }

    func commit(_ batches: [StorageBatch]) throws {
        if survivors == nil {
            guard life.passesBoundary() else { throw StorageError(.io, "the process is dead") }
            if disk.failsNextSync {
                disk.failsNextSync = false
                // Nobody knows what a failed sync has written (rule D2).
                if disk.random.chance(500) { try write(batches) }
                throw StorageError(.io, "the sync failed: Input/output error")
            }
            if disk.isFull, batches.contains(where: { !$0.entries.isEmpty }) {
                throw StorageError(.full, "no space left on device")
            }
        }
        try write(batches)
    }

    private func write(_ batches: [StorageBatch]) throws {
        for batch in batches {
            if let left = survivors {
                guard left > 0 else { throw StorageError(.io, "the process died") }
                survivors = left - 1
            }
            life.cluster.properties.willWrite(batch, on: life.node)
            try disk.image.write(batch)
            try own?.commit([batch])
        }
        life.cluster.properties.wrote(batches, on: life.node)
        life.cluster.world.trace.record(
            life.cluster.world.now, .committed(life.node.id, disk.image.last.index, batches.count))
    }

    func entries(of group: GroupID, in range: Range<LogIndex>, maxBytes: Int) throws -> EntryBatch {
        life.cluster.world.coverage.add(.readFromStorage)
        let expected = try disk.image.entries(in: range, maxBytes: maxBytes)
        guard let own else { return expected }
        let found = try own.entries(of: group, in: range, maxBytes: maxBytes)
        guard found.prefix(through: expected.lastIndex) == expected.prefix(through: found.lastIndex) else {
            throw StorageError(
                .damaged, "the storage returns other entries from \(range.lowerBound) on than it was given")
        }
        return found
    }

    func close() { own?.close() }
}
