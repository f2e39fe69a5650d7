@testable import RaftCore
import RaftMembership
import Testing

/// Rules D4, L7 and C6: what follows on what, where the disk has no room.
@Suite("Writes to a full disk")
struct WriteSequenceTests {
    /// What was committed, and a disk that may be full.
    private struct Bench {
        var sequence = WriteSequence()
        var commits: [[StorageBatch]] = []
        var isFull = true
        private var last: UInt64 = 0

        mutating func write(_ batches: StorageBatch...) throws -> (persisted: [UInt64], refused: [UInt64]) {
            let ids = batches.indices.map { WriteID(rawValue: last + UInt64($0) + 1) }
            last += UInt64(batches.count)
            let isFull = isFull
            var commits: [[StorageBatch]] = []
            let outcome = try sequence.write(batches, ids) { batches in
                if isFull, batches.contains(where: { !$0.entries.isEmpty }) { throw StorageError(.full, "no space") }
                commits.append(batches)
            }
            self.commits += commits
            return (outcome.persisted.map(\.rawValue), outcome.refused.map(\.rawValue))
        }
    }

    private func entries(_ first: LogIndex, _ count: Int, after: LogIndex? = nil) -> StorageBatch {
        var builder = EntryBatchBuilder(firstIndex: first)
        for _ in 0..<count { TestEngine.append(1, to: &builder) }
        return StorageBatch(group: .first, truncateAfter: after, entries: builder.finish(), hardState: hard(commit: 9))
    }

    private func hard(commit: LogIndex) -> HardState {
        HardState(cluster: TestEngine.cluster, member: TestEngine.member(1), term: 2, commitHint: commit)
    }

    @Test(
        "Of a group that does not fit hard states are written, and what is committed beyond the disk is not told (D4, C6)"
    )
    func hardStates() throws {
        var bench = Bench()
        let vote = StorageBatch(group: .first, hardState: hard(commit: 7))
        let outcome = try bench.write(entries(5, 2), vote, entries(7, 1))
        #expect(outcome.persisted == [2] && outcome.refused == [1, 3])
        #expect(bench.commits.map { $0.map(\.hardState?.commitHint) } == [[4]])
        _ = try bench.write(vote)
        #expect(bench.commits.count == 2 && bench.commits[1][0].hardState?.commitHint == 4)
    }

    @Test(
        "After a refusal nothing is written that would leave a gap, until a write begins where the disk's log ends (D4, L7)"
    )
    func gaps() throws {
        var bench = Bench()
        #expect(try bench.write(entries(5, 2)).refused == [1])
        bench.isFull = false
        #expect(try bench.write(entries(7, 2)).refused == [2])
        #expect(try bench.write(entries(7, 2, after: 6)).refused == [3])
        #expect(try bench.write(entries(5, 4, after: 4)).persisted == [4])
        #expect(try bench.write(entries(9, 1)).persisted == [5])
    }

    @Test("A snapshot that reaches past what was refused is what the log goes on from (D4)")
    func snapshots() throws {
        var bench = Bench()
        _ = try bench.write(entries(5, 2))
        let purge = StorageBatch(group: .first, purgeThrough: LogID(term: 1, index: 8))
        #expect(try bench.write(purge).persisted == [2])
        bench.isFull = false
        #expect(try bench.write(entries(9, 1, after: 8)).persisted == [3])
    }

    @Test("Repairs find room where entries behind them do not, and rest on nothing that was refused (D3, D4)")
    func repairs() throws {
        var bench = Bench()
        func repairs(_ first: LogIndex) -> StorageBatch {
            StorageBatch(group: .first, repairs: entries(first, 2).entries, hardState: hard(commit: 1))
        }
        var outcome = try bench.write(repairs(3), entries(5, 2))
        #expect(outcome.persisted == [1] && outcome.refused == [2])
        outcome = try bench.write(repairs(1))
        #expect(outcome.persisted == [3])
        bench.isFull = false
        // What was refused is refused still.
        #expect(try bench.write(entries(7, 1)).refused == [4])
        #expect(try bench.write(entries(5, 3, after: 4)).persisted == [5])
    }

    @Test("No room for what has a reserve is final (D4, D2)")
    func final() {
        var bench = Bench()
        #expect(throws: StorageError.self) {
            _ = try bench.sequence.write(
                [StorageBatch(group: .first, hardState: hard(commit: 1))], [WriteID(rawValue: 1)]
            ) { _ in throw StorageError(.full, "no space") }
        }
        #expect(throws: StorageError.self) {
            _ = try bench.sequence.write([entries(1, 1)], [WriteID(rawValue: 2)]) { _ in
                throw StorageError(.io, "the sync failed")
            }
        }
    }

    @Test("A driver goes on with a full disk, and takes commands again by itself (D4)", arguments: [true, false])
    func driver(_ commitsInstantly: Bool) throws {
        let bench = try DriverBench(commitsInstantly: commitsInstantly)
        bench.lead()
        // The no-op is on disk by the first heartbeat.
        bench.ring()
        bench.settle()
        bench.storage.isFull = true
        bench.propose(1)
        bench.settle()
        bench.propose(2)
        bench.settle()
        #expect(bench.proposals.errors.map(\.code) == [.diskFull])
        #expect(bench.proposals.errors.first?.message.contains("disk of node 1 is full") == true)
        #expect(bench.proposals.errors.first?.outcome == .rejected)
        bench.read()
        bench.settle()
        #expect(bench.reads.values.map(\.commands) == [[]])
        #expect(bench.driver.metrics(bench.environment.now()).isDiskFull && bench.failures.results.isEmpty)
        bench.storage.isFull = false
        for _ in 0..<100 where bench.engine.room.isFull {
            bench.ring()
            bench.settle()
        }
        bench.propose(3)
        bench.settle()
        #expect(!bench.driver.metrics(bench.environment.now()).isDiskFull)
        // The first one was given up in the meantime, or not: it was applied either way.
        #expect(bench.proposals.values.last == 2)
    }
}
