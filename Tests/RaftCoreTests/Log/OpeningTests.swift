import RaftMembership
import Testing

@testable import RaftCore

/// Rule D3 at a start: what keeps a node from it, and what does not.
@Suite("Starting on damaged data")
struct OpeningTests {
    /// What becomes of an entry on the disk.
    enum Fate { case whole, rotten, wiped, missing }

    /// A configuration, an entry of this kind, and one more.
    private func damaged(
        _ membership: Membership, _ kind: EntryKind = .command, _ fate: Fate = .whole, provenThrough: LogIndex = .zero
    ) throws -> RecoveredGroup {
        var builder = EntryBatchBuilder(firstIndex: 1)
        TestEngine.append(membership, term: 1, to: &builder)
        if kind == .configuration {
            TestEngine.append(TestEngine.three, term: 1, to: &builder)
        } else {
            TestEngine.append(1, to: &builder)
        }
        TestEngine.append(1, to: &builder)
        let log = builder.finish()
        var recovery = LogRecovery()
        for position in 0..<log.count {
            try log.withUnsafeBytes(ofEntryAt: position) { bytes in
                var bytes = [UInt8](bytes)
                guard position == 1 else { return try bytes.withUnsafeBytes { try recovery.visit($0) } }
                switch fate {
                case .whole: break
                case .rotten: bytes[bytes.count - 1] ^= 1
                case .wiped: bytes = [UInt8](repeating: 0, count: bytes.count)
                case .missing: return try recovery.visitMissing()
                }
                try bytes.withUnsafeBytes { try recovery.visit($0) }
            }
        }
        let hard = HardState(
            cluster: TestEngine.cluster, member: TestEngine.member(1), term: 2, votedFor: TestEngine.member(1),
            provenThrough: provenThrough)
        return recovery.finish(hardState: hard, snapshot: nil)
    }

    @Test("A node starts on a damaged log unless it votes alone, as far as can be told (D3)")
    func alone() throws {
        let one = TestEngine.membership([1])
        for found in [try damaged(one, .command, .rotten), try damaged(one, provenThrough: 1)] {
            let error = #expect(throws: StorageError.self) { try Opening.checkThatSomebodyCanHelp(found, 1) }
            #expect(error?.code == .damaged && error?.message.contains("votes alone") == true)
        }
        // Others may have been added in what cannot be read.
        for fate in [Fate.rotten, .wiped, .missing] {
            let found = try damaged(one, .configuration, fate)
            #expect(found.damage != nil && found.configurations.count == 1)
            try Opening.checkThatSomebodyCanHelp(found, 1)
        }
        try Opening.checkThatSomebodyCanHelp(try damaged(TestEngine.three, .command, .rotten), 1)
    }

    @Test("A lone voter whose snapshot is lost votes alone for certain (D3)")
    func aloneWithoutBody() throws {
        let snapshot = Snapshot(
            last: LogID(term: 1, index: 5), cluster: TestEngine.cluster,
            configuration: LoggedMembership(id: LogID(term: 1, index: 1), membership: TestEngine.membership([1])),
            size: 3)
        let lost = RecoveredGroup(terms: TermRuns(base: snapshot.last), snapshot: snapshot).losing(snapshot, "gone")
        #expect(throws: StorageError.self) { try Opening.checkThatSomebodyCanHelp(lost, 1) }
    }

    private final class Unreadable: LogStorage, SnapshotStore {
        let error: StorageError
        init(_ error: StorageError) { self.error = error }
        var snapshots: (any SnapshotStore)? { self }
        func recover(_ group: GroupID) throws -> RecoveredGroup { throw error }
        func commit(_ batches: [StorageBatch]) throws { throw error }
        func entries(of group: GroupID, in range: Range<LogIndex>, maxBytes: Int) throws -> EntryBatch { throw error }
        func close() {}
        func create(for group: GroupID) throws -> any SnapshotWriter { throw error }
        func resume(_ snapshot: Snapshot, for group: GroupID) throws -> any SnapshotWriter { throw error }
        func open(_ snapshot: SnapshotID, of group: GroupID) throws -> any SnapshotReader { throw error }
    }

    @Test("A snapshot whose body is not there, not whole or not readable is lost, and the node starts (D3)")
    func body() throws {
        let snapshot = Snapshot(
            last: LogID(term: 1, index: 1), cluster: TestEngine.cluster,
            configuration: LoggedMembership(id: LogID(term: 1, index: 1), membership: TestEngine.three), size: 3)
        let found = RecoveredGroup(terms: TermRuns(base: snapshot.last), snapshot: snapshot)
        for code in [StorageError.Code.damaged, .missing, .io] {
            let rest = try Opening.checkSnapshot(of: found, in: Unreadable(StorageError(code, "so it is"))) {}
            #expect(rest.snapshot == nil && rest.lostSnapshot == 1 && rest.fault == "so it is")
        }
        #expect(throws: StorageError.self) {
            _ = try Opening.checkSnapshot(of: found, in: Unreadable(StorageError(.tooNew, "newer"))) {}
        }
    }
}
