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
        guard let own else {
            life.cluster.properties.willRecover(on: life.node)
            let found = try disk.image.recover(
                mutation: life.cluster.mutation, vouches: life.node.index.isMultiple(of: 2))
            life.cluster.properties.recovered(found, on: life.node)
            return found
        }
        let found = try own.recover(group)
        try compare(found)
        life.cluster.properties.willRecover(on: life.node)
        if life.cluster.world.violation == nil { try readThrough(own, group) }
        return found
    }

    /// A storage of the user's own finds what it had committed, and of a commit that was cut off all or nothing.
    private func compare(_ found: RecoveredGroup) throws {
        if let whole = disk.isInDoubt, try whole.recover(mutation: nil) == found { disk.image = whole }
        disk.isInDoubt = nil
        let expected = try disk.image.recover(mutation: nil)
        guard found != expected else { return }
        life.cluster.world.fail(
            "D1",
            "the storage of node \(life.node.id) comes back with \(Self.describe(found)), where "
                + "\(Self.describe(expected)) was committed")
    }

    private static func describe(_ group: RecoveredGroup) -> String {
        let vote = group.hardState?.votedFor.map { ", a vote for \($0.id)" } ?? ""
        return "entries to \(group.terms.last) in term \(group.hardState?.term ?? .zero)\(vote)"
    }

    private func readThrough(_ own: any LogStorage, _ group: GroupID) throws {
        var next = disk.image.base.index.next
        while next <= disk.image.last.index {
            let found = try own.entries(of: group, in: next..<disk.image.last.index.next, maxBytes: 1 << 16)
            guard isRight(found, from: next) else { return }
            next = found.lastIndex.next
        }
    }

    /// Whether entries read from a storage of the user's own are those that it was given.
    private func isRight(_ found: EntryBatch, from first: LogIndex) -> Bool {
        var isRight = !found.isEmpty && found.firstIndex == first && found.lastIndex <= disk.image.last.index
        if isRight {
            for index in first.rawValue...found.lastIndex.rawValue where isRight {
                isRight = found.slice(from: LogIndex(index), maxCount: 1) == disk.image.entry(at: LogIndex(index))
            }
        }
        if !isRight {
            life.cluster.world.fail(
                "D3", "the storage of node \(life.node.id) returns other entries from \(first) on than it was given")
        }
        return isRight
    }

    func commit(_ batches: [StorageBatch]) throws {
        if let own { return try commit(batches, to: own) }
        if survivors == nil {
            guard life.passesBoundary() else { throw StorageError(.io, "the process is dead") }
            if disk.failsNextSync {
                disk.failsNextSync = false
                // Nobody knows what a failed sync has written (rule D2).
                if disk.random.chance(500) { try write(batches) }
                throw StorageError(.io, "the sync failed: Input/output error")
            }
            try checkRoom(for: batches)
        }
        try write(batches)
    }

    /// There is a reserve for what is no entry, and for entries with a no-op or a configuration among them (rule D4).
    private func checkRoom(for batches: [StorageBatch]) throws {
        func isVital(_ entries: EntryBatch) -> Bool {
            (0..<entries.count).contains { entries.kind(at: $0) == .noOp || entries.kind(at: $0) == .configuration }
        }
        guard disk.isFull, batches.contains(where: { !$0.entries.isEmpty }),
            !batches.contains(where: { isVital($0.entries) })
        else { return }
        life.node.wholes?.refused(disk.image)
        throw StorageError(.full, "no space left on device")
    }

    func hasRoom(forEntries bytes: Int) throws -> Bool {
        guard life.passesBoundary() else { throw StorageError(.io, "the process is dead") }
        return try !disk.isFull && own?.hasRoom(forEntries: bytes) ?? true
    }

    /// As one transaction: if it comes to nothing, the next start shows what of it is there.
    private func commit(_ batches: [StorageBatch], to own: any LogStorage) throws {
        guard disk.isInDoubt == nil else { throw StorageError(.io, "a commit before failed") }
        if let left = survivors {
            if left != .max { disk.files.die(afterCalls: left) }
        } else {
            guard life.passesBoundary() else { throw StorageError(.io, "the process is dead") }
            try checkRoom(for: batches)
            if disk.failsNextSync { disk.files.failNextSync() }
            disk.failsNextSync = false
        }
        let before = disk.image
        for batch in batches {
            life.cluster.properties.willWrite(batch, on: life.node)
            try disk.image.write(batch, history: life.cluster.properties.committedTerms)
        }
        do {
            try own.commit(batches)
        } catch {
            disk.isInDoubt = disk.image
            disk.image = before
            throw error
        }
        noteWritten(batches)
    }

    private func write(_ batches: [StorageBatch]) throws {
        for batch in batches {
            if let left = survivors {
                guard left > 0 else { throw StorageError(.io, "the process died") }
                survivors = left - 1
            }
            life.cluster.properties.willWrite(batch, on: life.node)
            try disk.image.write(batch, history: life.cluster.properties.committedTerms)
        }
        noteWritten(batches)
    }

    private func noteWritten(_ batches: [StorageBatch]) {
        life.node.submissions.removeFirst(min(batches.count, life.node.submissions.count))
        life.cluster.properties.wrote(batches, on: life.node)
        if batches.contains(where: { !$0.repairs.isEmpty }) { life.cluster.repaired(life) }
        life.cluster.world.trace.record(
            life.cluster.world.now, .committed(life.node.id, disk.image.last.index, batches.count))
    }

    func entries(of group: GroupID, in range: Range<LogIndex>, maxBytes: Int) throws -> EntryBatch {
        life.cluster.world.coverage.add(.readFromStorage)
        guard let own else {
            return try disk.image.entries(
                in: range, maxBytes: maxBytes, isVerifying: life.cluster.mutation != .skipChecksums)
        }
        let found = try own.entries(of: group, in: range, maxBytes: maxBytes)
        guard isRight(found, from: range.lowerBound), found.lastIndex < range.upperBound else {
            throw StorageError(.damaged, "other entries were read than were written")
        }
        return found
    }

    /// A storage of the user's own keeps the bodies where it keeps the rest.
    var snapshots: (any SnapshotStore)? { own == nil ? SimulatedSnapshots(life: life) : own?.snapshots }

    func close() { own?.close() }
}
