public import RaftCore

/// Tests a storage plugin: every operation, reopening after each, limits, wrong calls, readers beside commits, damage,
/// crashes at any system call, and calls that fail.
///
/// ```swift
/// try await StorageConformance { directory in try MyStorage(at: directory) }.run()
/// ```
///
/// The suite opens as many storages as it likes, each in a directory of its own that exists and is empty, and the same
/// directory again after `close()`. What concerns snapshots is asked of storages that keep some. Works with any test runner: a promise that is not kept is thrown.
public struct StorageConformance: Sendable {
    public var options: StorageConformanceOptions
    let open: @Sendable (String) throws -> any LogStorage

    /// - Parameter open: opens the storage in a directory, an absolute path. Called again for the same directory when the
    ///   storage there was closed, or its process is thought to have crashed.
    public init(
        options: StorageConformanceOptions = StorageConformanceOptions(),
        open: @escaping @Sendable (_ directory: String) throws -> any LogStorage
    ) {
        self.options = options
        self.open = open
    }

    /// Checks every property that applies, the simple ones first.
    /// - Throws: `ConformanceFailure` for the first one that does not hold.
    public func run() async throws {
        for property in properties { try await check(property) }
    }

    /// The properties that apply with these options, in the order in which `run` checks them.
    public var properties: [ConformanceProperty] {
        Self.table.map(\.property).filter { property in
            switch property {
            case .oneOpener: options.keepsFiles && options.locksDirectory
            case .close, .damage: options.keepsFiles
            case .killedAtAnyCall, .powerLostAtAnyCall, .powerLostAfterKill, .failedCommit, .damageAfterFailure,
                .fullDisk:
                options.keepsFiles && options.recorder != nil
            case .snapshotCrashes, .snapshotFailures, .snapshotFullDisk:
                options.keepsFiles && options.recorder != nil
            case .reserve: options.keepsFiles && options.recorder != nil && options.keepsReserve
            default: true
            }
        }
    }

    /// Checks one property.
    /// - Throws: `ConformanceFailure`.
    public func check(_ property: ConformanceProperty) async throws {
        guard let row = Self.table.first(where: { $0.property == property }) else {
            throw ConformanceFailure(property, "no such property of a storage", seed: options.seed)
        }
        // On a thread of its own: a storage blocks, and the threads of the concurrency pool are few.
        let result = await withCheckedContinuation { continuation in
            CheckThread.detach { continuation.resume(returning: check(row)) }
        }
        try result.get()
    }

    private func check(_ row: Row) -> Result<Void, ConformanceFailure> {
        do {
            let trial = try StorageTrial(row.property, options: options, open: open)
            defer { trial.close() }
            try row.check(trial)
            return .success(())
        } catch let failure as ConformanceFailure {
            return .failure(failure)
        } catch {
            return .failure(
                ConformanceFailure(row.property, "an unexpected error came: \(error)", seed: options.seed))
        }
    }

    /// Every property of storages, in the order of the checks.
    public static var allProperties: [ConformanceProperty] { table.map(\.property) }

    private struct Row: Sendable {
        var property: ConformanceProperty
        var check: @Sendable (StorageTrial) throws -> Void

        init(_ property: ConformanceProperty, _ check: @escaping @Sendable (StorageTrial) throws -> Void) {
            self.property = property
            self.check = check
        }
    }

    private static let table: [Row] = [
        Row(.newIsEmpty) { try $0.newIsEmpty() },
        Row(.append) { try $0.append() },
        Row(.truncate) { try $0.truncate() },
        Row(.purge) { try $0.purge() },
        Row(.purgePastEnd) { try $0.purgePastEnd() },
        Row(.hardState) { try $0.hardState() },
        Row(.configurations) { try $0.configurations() },
        Row(.partsInOrder) { try $0.partsInOrder() },
        Row(.batchesInOrder) { try $0.batchesInOrder() },
        Row(.groupsApart) { try $0.groupsApart() },
        Row(.entryRanges) { try $0.entryRanges() },
        Row(.entryBytes) { try $0.entryBytes() },
        Row(.missingEntries) { try $0.missingEntries() },
        Row(.wrongCalls) { try $0.wrongCalls() },
        Row(.refusalIsWhole) { try $0.refusalIsWhole() },
        Row(.unknownKinds) { try $0.unknownKinds() },
        Row(.largeEntries) { try $0.largeEntries() },
        Row(.manyEntries) { try $0.manyEntries() },
        Row(.snapshotBodies) { try $0.snapshotBodies() },
        Row(.unfinishedSnapshots) { try $0.unfinishedSnapshots() },
        Row(.resumedSnapshots) { try $0.resumedSnapshots() },
        Row(.snapshotIdentity) { try $0.snapshotIdentity() },
        Row(.namedSnapshots) { try $0.namedSnapshots() },
        Row(.supersededSnapshots) { try $0.supersededSnapshots() },
        Row(.snapshotRefusals) { try $0.snapshotRefusals() },
        Row(.snapshotPurge) { try $0.snapshotPurge() },
        Row(.randomHistories) { try $0.randomHistories() },
        Row(.concurrentReaders) { try $0.concurrentReaders() },
        Row(.oneOpener) { try $0.oneOpener() },
        Row(.close) { try $0.closing() },
        Row(.damage) { try $0.damage() },
        Row(.killedAtAnyCall) { try $0.crashes(.killed) },
        Row(.powerLostAtAnyCall) { try $0.crashes(.powerLost) },
        Row(.powerLostAfterKill) { try $0.crashes(.powerLostAfterKill) },
        Row(.failedCommit) { try $0.failedCommits() },
        Row(.damageAfterFailure) { try $0.damageAfterFailure() },
        Row(.fullDisk) { try $0.fullDisk() },
        Row(.reserve) { try $0.reserve() },
        Row(.snapshotCrashes) { try $0.snapshotCrashes() },
        Row(.snapshotFailures) { try $0.snapshotFailures() },
        Row(.snapshotFullDisk) { try $0.snapshotFullDisk() },
    ]
}
