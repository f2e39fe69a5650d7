import RaftCore
import RaftMembership
import RaftMemory
import RaftTesting
import Synchronization
import Testing

/// Storages of the user's own, in a whole cluster on files that lose what was not synced.
@Suite("Simulated storages")
struct OwnStorageTests {
    /// A journal with something missing, in turn.
    enum Fault: CaseIterable, Sendable {
        case notSynced, failedSyncIgnored, firstStartOnly
    }

    @Test(
        "A journal comes through crashes in the middle of its commits (D1, D2, L7, M10)",
        arguments: 1...12 as ClosedRange<UInt64>)
    func journal(seed: UInt64) throws {
        let simulation = try Simulation(
            SimulationPlan(seed: seed), workload: RegisterWorkload(keys: 2), requirements: .short,
            storage: { _, files in try Journal(on: files) })
        let report = try simulation.run()
        #expect(report.completedOperations >= SimulationRequirements.short.operations)
    }

    @Test("A seed gives the same run with a storage of one's own, again and again")
    func replay() throws {
        func fingerprint() throws -> UInt64 {
            try Simulation(
                SimulationPlan(seed: 5), workload: RegisterWorkload(keys: 2), requirements: .short,
                storage: { _, files in try Journal(on: files) }
            ).run().fingerprint
        }
        #expect(try fingerprint() == fingerprint())
    }

    @Test("A journal with a fault is found out (D1, D2)", arguments: Fault.allCases)
    func faults(fault: Fault) throws {
        for seed in UInt64(1)...40 {
            let simulation = try Simulation(
                SimulationPlan(seed: seed), workload: RegisterWorkload(keys: 2), requirements: .short,
                storage: { _, files in try FaultyJournal(on: files, fault) })
            do {
                _ = try simulation.run()
            } catch {
                // A journal that cannot make sense of itself ends its node, which is no way out either.
                #expect(["D1", "D3", "W1"].contains(error.property), "\(fault): \(error)")
                return
            }
        }
        Issue.record("a journal with the fault \(fault) comes through 40 seeds")
    }
}

/// The journal of the article, broken.
private final class FaultyJournal: LogStorage {
    private let files: SimulatedFiles
    private let fault: OwnStorageTests.Fault
    private let memory = MemoryStorage()
    private let end: Mutex<Int>

    init(on files: SimulatedFiles, _ fault: OwnStorageTests.Fault) throws {
        self.files = files
        self.fault = fault
        let bytes = files.read("journal")
        var end = 0
        while let record = JournalRecord(in: bytes, at: end) {
            try memory.commit(record.batches)
            end += record.bytes.count
        }
        try files.truncate("journal", to: end)
        // Whoever forgets where the end is overwrites what is there.
        self.end = Mutex(fault == .firstStartOnly ? 0 : end)
    }

    func commit(_ batches: [StorageBatch]) throws {
        try end.withLock { end in
            let record = JournalRecord(batches)
            try files.write(record.bytes, to: "journal", at: end)
            switch fault {
            case .notSynced: break
            case .failedSyncIgnored: try? files.sync("journal")
            case .firstStartOnly: try files.sync("journal")
            }
            try memory.commit(batches)
            end += record.bytes.count
        }
    }

    func recover(_ group: GroupID) throws -> RecoveredGroup { try memory.recover(group) }

    func entries(of group: GroupID, in range: Range<LogIndex>, maxBytes: Int) throws -> EntryBatch {
        try memory.entries(of: group, in: range, maxBytes: maxBytes)
    }

    func close() {}
}
