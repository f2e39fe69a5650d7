import Glibc
import RaftCore
import RaftMembership
import RaftMemory

/// What is wrong with a broken storage.
enum ToyFault: String, CaseIterable, Sendable {
    // What is taken, kept and given back.
    case strangersRefused, truncationNotWritten, baseTermForgotten, pastEndIgnored, hardStateDroppedWithEntries
    case configurationsForgotten, purgeBeforeEntries, firstHardStateWins, groupsFolded
    case pastTheUpperBound, moreThanMaxBytes, nothingWhenFirstIsLarge, emptyInsteadOfMissing
    case gapsAccepted, refusedInPart, unknownKindsReplaced, largeEntriesRefused, manyEntriesCut
    case sixteenthHardStateNotWritten, missingDuringCommit
    // What happens to files.
    case notLocked, fileLeftOpen, recordsUnchecked
    // What a crash finds.
    case batchesApart, hardStateApart, recordBeforeBody, recordInTwoWrites, createdInTwoSteps
    case neverSynced, syncedTooEarly, recordNotSynced, namesNotSynced, pageCacheTrusted
    // What damage and failures do.
    case damageToldWhenRead, firstGroupServedAnyway
    case failureSwallowed, failureNotFinal, memoryAheadAfterFailure, failedSyncTrusted
    case fullToldAsBroken, reserveUsedUp
    // What becomes of snapshots.
    case bodiesReadFromStart, partsServed, partsForgotten, otherPartContinued, firstSnapshotOfCommitWins
    case supersededBodiesKept, unfinishedSnapshotsNamed, purgeDroppedWithSnapshot
    case bodyNotSynced, bodyRemovedTooEarly, snapshotApart, failedBodySyncRepeated, fullBodyToldAsBroken
}

extension ToyFault? {
    /// The group that is taken for this one.
    func group(_ group: GroupID) -> GroupID {
        self == .groupsFolded && group.rawValue == 900 ? GroupID(rawValue: 2) : group
    }

    /// A commit as it is taken.
    func taken(_ batches: [StorageBatch]) throws -> [StorageBatch] {
        var batches = batches
        for position in batches.indices { batches[position].group = group(batches[position].group) }
        switch self {
        case .hardStateDroppedWithEntries:
            for position in batches.indices where !batches[position].entries.isEmpty {
                batches[position].hardState = nil
            }
        case .pastEndIgnored:
            for position in batches.indices where (batches[position].purgeThrough?.index.rawValue ?? 0) > 45 {
                batches[position].purgeThrough = nil
            }
        case .purgeDroppedWithSnapshot:
            for position in batches.indices where batches[position].snapshot?.last == batches[position].purgeThrough {
                batches[position].purgeThrough = nil
            }
        case .purgeBeforeEntries:
            batches = batches.flatMap { batch -> [StorageBatch] in
                guard batch.purgeThrough != nil, !batch.entries.isEmpty else { return [batch] }
                var rest = batch
                rest.purgeThrough = nil
                return [StorageBatch(group: batch.group, purgeThrough: batch.purgeThrough), rest]
            }
        case .firstHardStateWins:
            var seen: Set<GroupID> = []
            for position in batches.indices where batches[position].hardState != nil {
                if !seen.insert(batches[position].group).inserted { batches[position].hardState = nil }
            }
        case .unknownKindsReplaced:
            for position in batches.indices where batches[position].entries.count == 1 {
                let entry = batches[position].entries
                guard !entry.kind(at: 0).isKnown else { continue }
                var builder = EntryBatchBuilder(firstIndex: entry.firstIndex)
                builder.append(.noOp, term: entry.term(at: 0), payload: [])
                batches[position].entries = builder.finish()
            }
        case .largeEntriesRefused:
            if let large = batches.first(where: { $0.entries.count == 1 && $0.entries.byteCount > 1 << 16 }) {
                throw StorageError(.misuse, "entry \(large.entries.firstIndex) is larger than 64 KiB")
            }
        case .manyEntriesCut:
            for position in batches.indices {
                batches[position].entries = batches[position].entries.slice(
                    from: batches[position].entries.firstIndex, maxCount: 512)
            }
        default: break
        }
        return batches
    }

    /// A commit as it is written.
    func written(_ batches: [StorageBatch], number: Int, in directory: String) throws -> [StorageBatch] {
        var batches = batches
        for position in batches.indices {
            switch self {
            case .truncationNotWritten: batches[position].truncateAfter = nil
            case .sixteenthHardStateNotWritten where number % 16 == 15: batches[position].hardState = nil
            case .hardStateApart:
                guard batches[position].group == .first, let hardState = batches[position].hardState else { break }
                let file = try ToyFile(directory + "/hard-state")
                try file.write(hardState.encoded(), at: 0)
                try file.sync()
                try ToyFile(directory, O_RDONLY | O_DIRECTORY).sync()
                batches[position].hardState = nil
            default: break
            }
        }
        return batches
    }

    func replayHardState(in directory: String, into memory: MemoryStorage) throws {
        guard self == .hardStateApart, access(directory + "/hard-state", F_OK) == 0 else { return }
        let bytes = try ToyFile(directory + "/hard-state").readAll()
        guard bytes.count == HardState.encodedSize else { return }
        guard let hardState = try? bytes.withUnsafeBytes({ try HardState(decoding: $0) }) else {
            throw StorageError(.damaged, "\(directory)/hard-state is damaged")
        }
        try memory.commit([StorageBatch(group: .first, hardState: hardState)])
    }

    /// What is told at start.
    func recovered(_ group: RecoveredGroup) throws -> RecoveredGroup {
        var group = group
        switch self {
        case .strangersRefused where group == RecoveredGroup():
            throw StorageError(.missing, "there is no such group")
        case .configurationsForgotten: group.configurations = []
        case .baseTermForgotten:
            var terms = TermRuns(base: LogID(term: .zero, index: group.terms.base.index))
            var index = terms.base.index.next
            while index <= group.terms.last.index, let term = group.terms.term(at: index) {
                terms.append(LogID(term: term, index: index))
                index = index.next
            }
            group.terms = terms
        default: break
        }
        return group
    }
}
