import RaftCore
import RaftCrashRecorder
import RaftMemory
import RaftTesting
import Testing

@Suite("The conformance suite of storages", .serialized)
struct BrokenStorageTests {
    /// Each broken storage, and the promise that it does not keep.
    static let table: [(ToyFault, ConformanceProperty)] = [
        (.strangersRefused, .newIsEmpty),
        (.truncationNotWritten, .truncate),
        (.baseTermForgotten, .purge),
        (.pastEndIgnored, .purgePastEnd),
        (.hardStateDroppedWithEntries, .hardState),
        (.configurationsForgotten, .configurations),
        (.purgeBeforeEntries, .partsInOrder),
        (.firstHardStateWins, .batchesInOrder),
        (.groupsFolded, .groupsApart),
        (.pastTheUpperBound, .entryRanges),
        (.moreThanMaxBytes, .entryBytes),
        (.nothingWhenFirstIsLarge, .entryBytes),
        (.emptyInsteadOfMissing, .missingEntries),
        (.gapsAccepted, .wrongCalls),
        (.refusedInPart, .refusalIsWhole),
        (.unknownKindsReplaced, .unknownKinds),
        (.largeEntriesRefused, .largeEntries),
        (.manyEntriesCut, .manyEntries),
        (.sixteenthHardStateNotWritten, .randomHistories),
        (.missingDuringCommit, .concurrentReaders),
        (.notLocked, .oneOpener),
        (.fileLeftOpen, .close),
        (.recordsUnchecked, .damage),
        (.batchesApart, .killedAtAnyCall),
        (.hardStateApart, .killedAtAnyCall),
        (.recordBeforeBody, .killedAtAnyCall),
        (.recordInTwoWrites, .powerLostAtAnyCall),
        (.createdInTwoSteps, .killedAtAnyCall),
        (.neverSynced, .powerLostAtAnyCall),
        (.syncedTooEarly, .powerLostAtAnyCall),
        (.recordNotSynced, .powerLostAtAnyCall),
        (.namesNotSynced, .powerLostAtAnyCall),
        (.pageCacheTrusted, .powerLostAfterKill),
        (.damageToldWhenRead, .damage),
        (.failureSwallowed, .failedCommit),
        (.failureNotFinal, .failedCommit),
        (.memoryAheadAfterFailure, .failedCommit),
        (.failedSyncTrusted, .failedCommit),
        (.firstGroupServedAnyway, .damageAfterFailure),
        (.fullToldAsBroken, .fullDisk),
        (.reserveUsedUp, .reserve),
        (.bodiesReadFromStart, .snapshotBodies),
        (.partsServed, .unfinishedSnapshots),
        (.partsForgotten, .resumedSnapshots),
        (.otherPartContinued, .snapshotIdentity),
        (.firstSnapshotOfCommitWins, .namedSnapshots),
        (.supersededBodiesKept, .supersededSnapshots),
        (.unfinishedSnapshotsNamed, .snapshotRefusals),
        (.purgeDroppedWithSnapshot, .snapshotPurge),
        (.bodyNotSynced, .snapshotCrashes),
        (.bodyRemovedTooEarly, .snapshotCrashes),
        (.snapshotApart, .snapshotCrashes),
        (.failedBodySyncRepeated, .snapshotFailures),
        (.fullBodyToldAsBroken, .snapshotFullDisk),
    ]

    static var options: StorageConformanceOptions {
        var options = StorageConformanceOptions()
        options.recorder = .systemCalls
        options.scratchFiles = ["lock"]
        // Enough for the faults here, and quick: the processor is wanted by other tests too.
        options.mostEntries = 600
        options.largestEntry = 100_000
        options.histories = 1
        options.damages = 40
        options.crashedCommits = 4
        return options
    }

    /// Enough for what the suite does on a full disk.
    private static let reserve = 1 << 15

    @Test("A storage that keeps every promise passes")
    func rightOne() async throws {
        try await StorageConformance(options: Self.options) { try ToyStorage(in: $0) }.run()
    }

    @Test("A storage that keeps a reserve for a full disk passes (D4)")
    func rightOneWithReserve() async throws {
        var options = Self.options
        options.keepsReserve = true
        let suite = StorageConformance(options: options) { try ToyStorage(in: $0, reserve: Self.reserve) }
        for property in [ConformanceProperty.append, .failedCommit, .fullDisk, .reserve, .snapshotFullDisk] {
            try await suite.check(property)
        }
    }

    @Test("A broken storage is caught by the promise it does not keep", arguments: table)
    func brokenOne(fault: ToyFault, property: ConformanceProperty) async throws {
        var options = Self.options
        options.keepsReserve = fault == .reserveUsedUp
        let reserve = options.keepsReserve ? Self.reserve : 0
        let suite = StorageConformance(options: options) { try ToyStorage(in: $0, fault: fault, reserve: reserve) }
        let failure = await #expect(throws: ConformanceFailure.self) { try await suite.run() }
        #expect(failure?.property == property, "\(failure.map(\.description) ?? "nothing was found")")
        #expect(failure?.message.contains("\n") == false)
    }

    @Test("The table of broken storages has every fault there is")
    func tableIsWhole() {
        #expect(Set(Self.table.map(\.0)) == Set(ToyFault.allCases))
    }

    @Test("The storage in memory passes, what concerns files aside")
    func memory() async throws {
        var options = StorageConformanceOptions()
        options.keepsFiles = false
        try await StorageConformance(options: options) { _ in MemoryStorage() }.run()
    }
}
