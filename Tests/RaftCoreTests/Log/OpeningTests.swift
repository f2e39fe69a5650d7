import RaftMembership
import Testing

@testable import RaftCore

/// Rule D3 at a start: what keeps a node from it, and what does not.
@Suite("Starting on damaged data")
struct OpeningTests {
    /// A configuration, and behind it what can be read and what cannot.
    private func damaged(_ membership: Membership, _ isReadable: Bool...) throws -> RecoveredGroup {
        let log = TestEngine.log(isReadable.map { _ in 1 }, [membership])
        var recovery = LogRecovery()
        for position in 0..<log.count {
            if position == 0 || isReadable[position - 1] {
                try log.withUnsafeBytes(ofEntryAt: position) { try recovery.visit($0) }
            } else {
                try recovery.visitMissing()
            }
        }
        let hard = HardState(
            cluster: TestEngine.cluster, member: TestEngine.member(1), term: 2, votedFor: TestEngine.member(1),
            provenThrough: isReadable.contains(false) ? .zero : 1)
        return recovery.finish(hardState: hard, snapshot: nil)
    }

    @Test("A node starts on a damaged log unless it is certain that it votes alone (D3)")
    func alone() throws {
        let one = TestEngine.membership([1])
        // What can be read and followed another entry holds no other configuration.
        let error = #expect(throws: StorageError.self) {
            try Opening.checkThatSomebodyCanHelp(try damaged(one, true, true), 1)
        }
        #expect(error?.code == .damaged && error?.message.contains("votes alone") == true)
        // Others may have been added in what cannot.
        try Opening.checkThatSomebodyCanHelp(try damaged(one, true, false), 1)
        try Opening.checkThatSomebodyCanHelp(try damaged(one, false, true), 1)
        try Opening.checkThatSomebodyCanHelp(try damaged(TestEngine.three, true, true), 1)
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
