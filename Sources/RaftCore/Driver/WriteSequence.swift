import RaftMembership

/// Brings writes to storage in the order given, and goes on where the disk has no room for entries (rule D4).
///
/// What changes the log rests on what was written before it: once entries were refused, all that follows them is refused
/// too, until a write comes that begins before them. Hard states, snapshots and purges behind what the disk has go on.
struct WriteSequence {
    struct Outcome {
        /// Durable.
        var persisted: [WriteID] = []
        /// Not there.
        var refused: [WriteID] = []
        /// What storage said when it refused.
        var reason = "an entry before it was refused"
    }

    /// The first entry that is not where the node's log has it; nil when storage has all that it was given.
    private(set) var refusedFrom: LogIndex?
    /// The hard state that storage has; nil before the first write that brings one.
    private(set) var hardState: HardState?

    /// - Parameter commit: of storage, as one transaction.
    /// - Throws: what storage throws, where that is final: any error but that entries find no room, and that one too for
    ///   what has a reserve.
    mutating func write(
        _ batches: [StorageBatch], _ ids: [WriteID], by commit: ([StorageBatch]) throws -> Void
    ) throws -> Outcome {
        var outcome = Outcome()
        if refusedFrom == nil {
            do {
                try self.commit(batches, by: commit)
                outcome.persisted = ids
                return outcome
            } catch let error as StorageError where error.code == .full && batches.contains(where: \.mayBeRefused) {
                // One by one, as far as it goes.
                outcome.reason = error.message
                if batches.count == 1 {
                    refuse(batches[0], ids[0], &outcome)
                    return outcome
                }
            }
        }
        for (batch, id) in zip(batches, ids) { try write(batch, id, &outcome, by: commit) }
        return outcome
    }

    private mutating func write(
        _ batch: StorageBatch, _ id: WriteID, _ outcome: inout Outcome, by commit: ([StorageBatch]) throws -> Void
    ) throws {
        guard batch.changesLog else {
            var batch = batch
            if let refusedFrom {
                // What is committed and not here must not be taken for what stands here in its place (rule C6).
                if let hint = batch.hardState?.commitHint {
                    batch.hardState?.commitHint = min(hint, refusedFrom.previous)
                }
                if let base = batch.purgeThrough?.index, base >= refusedFrom { self.refusedFrom = base.next }
            }
            try self.commit([batch], by: commit)
            outcome.persisted.append(id)
            return
        }
        if let refusedFrom, batch.truncateAfter.map({ $0 >= refusedFrom }) ?? true {
            outcome.refused.append(id)
            return
        }
        do {
            try self.commit([batch], by: commit)
            refusedFrom = nil
            outcome.persisted.append(id)
        } catch let error as StorageError where error.code == .full && batch.mayBeRefused {
            outcome.reason = error.message
            refuse(batch, id, &outcome)
        }
    }

    private mutating func commit(_ batches: [StorageBatch], by commit: ([StorageBatch]) throws -> Void) throws {
        try commit(batches)
        if let last = batches.last(where: { $0.hardState != nil }) { hardState = last.hardState }
    }

    private mutating func refuse(_ batch: StorageBatch, _ id: WriteID, _ outcome: inout Outcome) {
        let first = batch.truncateAfter?.next ?? batch.entries.firstIndex
        refusedFrom = min(refusedFrom ?? first, first)
        outcome.refused.append(id)
    }
}

extension StorageBatch {
    /// Whether it rests on all of the log that storage has; repairs take the place of entries, wherever it ends.
    fileprivate var changesLog: Bool { truncateAfter != nil || !entries.isEmpty }

    /// Whether the node can do without it for a while: entries, and nothing that there is a reserve for.
    fileprivate var mayBeRefused: Bool { !entries.isEmpty && repairs.isEmpty && snapshot == nil }
}
