import RaftMembership
import Testing

@testable import RaftCore

/// Rule D3 at a start: what keeps a node from it, and what does not.
@Suite("Starting on damaged data")
struct OpeningTests {
    private func damaged(_ membership: Membership, votedFor: UInt64?) throws -> RecoveredGroup {
        var recovery = LogRecovery()
        try TestEngine.log([], [membership]).withUnsafeBytes { try recovery.visit($0) }
        try recovery.visitMissing()
        let hard = HardState(
            cluster: TestEngine.cluster, member: TestEngine.member(1), term: 2,
            votedFor: votedFor.map(TestEngine.member))
        return recovery.finish(hardState: hard, snapshot: nil)
    }

    @Test(
        "A node that votes alone does not start on a damaged log; one that has voted for another since does not vote alone (D3)"
    )
    func alone() throws {
        for vote: UInt64? in [nil, 1] {
            let error = #expect(throws: StorageError.self) {
                try Opening.checkThatSomebodyCanHelp(try damaged(TestEngine.membership([1]), votedFor: vote), 1)
            }
            #expect(error?.code == .damaged && error?.message.contains("votes alone") == true)
        }
        try Opening.checkThatSomebodyCanHelp(try damaged(TestEngine.membership([1]), votedFor: 2), 1)
        try Opening.checkThatSomebodyCanHelp(try damaged(TestEngine.three, votedFor: 1), 1)
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
