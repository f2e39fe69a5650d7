import RaftMembership
import RaftMemory
import RaftTracing
import Testing

@testable import RaftCore

/// Rule M10: the order in which data and mark are written.
@Suite("A storage with a mark beside it")
struct MarkedStorageTests {
    static let member = Member(id: 1, incarnation: 10)

    static func hard(_ start: UInt64, _ term: Term, votedFor: NodeID? = nil) -> HardState {
        HardState(
            cluster: TestEngine.cluster, member: member, startCounter: start, term: term,
            votedFor: votedFor.map { Member(id: $0, incarnation: 1) })
    }

    static func entries(_ terms: [Term], from first: LogIndex) -> EntryBatch {
        var builder = EntryBatchBuilder(firstIndex: first)
        for term in terms { builder.append(.command, term: term, payload: []) }
        return builder.finish()
    }

    static func mark(_ image: MarkHistory.Image) throws -> NodeMark? {
        try image.mark.map { try $0.withUnsafeBytes { try NodeMark(decoding: $0) } }
    }

    /// A node at start 1 in term 4 with entries 1@1, 2@4, 3@4, and a mark that is up to date.
    private func begun() throws -> (MarkHistory, MarkedStorage) {
        let history = MarkHistory()
        let storage = try history.open()
        _ = try storage.recover(.first)
        try storage.commit([
            StorageBatch(group: .first, entries: Self.entries([1, 4, 4], from: 1), hardState: Self.hard(1, 4))
        ])
        return (history, storage)
    }

    @Test("Start, term and vote are in the mark before the commit returns (M10, V1)")
    func beforeTelling() throws {
        let (history, storage) = try begun()
        #expect(try Self.mark(history.last) == NodeMark(Self.hard(1, 4), last: TestEngine.id(3, 4)))
        for hard in [Self.hard(1, 5), Self.hard(1, 5, votedFor: 2), Self.hard(2, 5, votedFor: 2)] {
            try storage.commit([StorageBatch(group: .first, hardState: hard)])
            #expect(try Self.mark(history.last) == NodeMark(hard, last: TestEngine.id(3, 4)))
            // Data first, then the mark.
            let images = history.images.suffix(2)
            #expect(images.first?.batches == images.last?.batches)
        }
    }

    @Test("Entries cost a flag, and a refresh brings the mark up to date (M10)")
    func refresh() throws {
        let (history, storage) = try begun()
        let steps = history.images.count
        #expect(!storage.isStale)
        try storage.refresh()
        for index in 4...9 {
            try storage.commit([
                StorageBatch(
                    group: .first, entries: Self.entries([4], from: LogIndex(UInt64(index))), hardState: Self.hard(1, 4)
                )
            ])
        }
        #expect(storage.isStale && history.images.count == steps + 6)
        try storage.refresh()
        #expect(!storage.isStale && history.images.count == steps + 7)
        #expect(try Self.mark(history.last)?.last == TestEngine.id(9, 4))
        try storage.refresh()
        #expect(history.images.count == steps + 7)
    }

    @Test("What a failed commit was to remove is not put back into the mark on the way out (M10, D2)")
    func failedCommit() throws {
        let (history, storage) = try begun()
        // The mark lags behind, so that the end of this process brings it up to date.
        try storage.commit([
            StorageBatch(group: .first, entries: Self.entries([4], from: 4), hardState: Self.hard(1, 4))
        ])
        history.failNextSync()
        #expect(throws: StorageError.self) {
            try storage.commit([
                StorageBatch(
                    group: .first, truncateAfter: 1, entries: Self.entries([5], from: 2), hardState: Self.hard(1, 5))
            ])
        }
        storage.close()
        // What the disk was told to write is there after all.
        let recovered = try history.open().recover(.first)
        #expect(recovered.terms.last == TestEngine.id(2, 5))
    }

    @Test("The mark is lowered, durably, before the log is cut, and fits at each step of it (M10)")
    func lowering() throws {
        let (history, storage) = try begun()
        let before = history.images.count
        try storage.commit([
            StorageBatch(
                group: .first, truncateAfter: 1, entries: Self.entries([3], from: 2), hardState: Self.hard(1, 5))
        ])
        let steps = try history.images[before...].map { ($0.batches, try Self.mark($0)?.last) }
        #expect(steps.map(\.0) == [1, 2, 2])
        #expect(steps.map(\.1) == [TestEngine.id(1, 1), TestEngine.id(1, 1), TestEngine.id(2, 3)])
        for image in history.images {
            _ = try MarkHistory.open(history.data(image), mark: image.mark).recover(.first)
        }
        // The data as it was, put back behind the node's back.
        let old = history.images[before - 1]
        let amnesia = try MarkHistory.open(history.data(old), mark: history.last.mark).recover(.first).amnesia
        let mark = try Self.mark(history.last)
        #expect(amnesia?.error.code == .amnesiac && amnesia?.mark == mark)
    }

    @Test("The mark of a former life stays until a configuration has the later one (M10)")
    func laterLife() throws {
        let (history, storage) = try begun()
        let former = try Self.mark(history.last)
        storage.suspend()
        var later = Self.hard(1, 4)
        later.beginNewLife(as: 11)
        for round in 5...7 as ClosedRange<UInt64> {
            later.term = Term(round)
            try storage.commit([
                StorageBatch(
                    group: .first, truncateAfter: 2, entries: Self.entries([Term(round)], from: 3), hardState: later)
            ])
            try storage.refresh()
            #expect(try Self.mark(history.last) == former)
        }
        // Started again it is that life still; put back, what the mark tells of goes on.
        let again = try history.open()
        #expect(try again.recover(.first).amnesia == nil)
        try again.commit([StorageBatch(group: .first, hardState: later)])
        #expect(try Self.mark(history.last) == former)
        again.adopt()
        try again.commit([StorageBatch(group: .first, hardState: later)])
        #expect(try Self.mark(history.last) == NodeMark(later, last: TestEngine.id(3, 7)))
    }

    @Test("A cut above what the mark tells of costs no write before it (M10)")
    func cutAbove() throws {
        let (history, storage) = try begun()
        try storage.commit([StorageBatch(group: .first, entries: Self.entries([4, 4], from: 4))])
        let before = history.images.count
        try storage.commit([
            StorageBatch(group: .first, truncateAfter: 4, entries: Self.entries([4], from: 5)),
            StorageBatch(group: .first, truncateAfter: 3, entries: Self.entries([4], from: 4)),
        ])
        #expect(history.images.count == before + 1 && storage.isStale)
        try storage.refresh()
        #expect(try Self.mark(history.last)?.last == TestEngine.id(4, 4))
    }

    @Test("A mark that cannot be written fails the commit, and every later one (M10, D2)")
    func failure() throws {
        let (history, storage) = try begun()
        history.failMarks(StorageError(.io, "no disk for the mark"))
        #expect(throws: StorageError.self) {
            try storage.commit([StorageBatch(group: .first, hardState: Self.hard(1, 5, votedFor: 2))])
        }
        history.failMarks(nil)
        #expect(throws: StorageError.self) {
            try storage.commit([StorageBatch(group: .first, entries: Self.entries([4], from: 4))])
        }
        // The data has the vote, and nobody was told.
        _ = try history.open().recover(.first)
    }

    @Test("Data without a mark is accepted with a warning, and marked; a damaged mark counts as none (M10)")
    func withoutMark() throws {
        for bytes in [nil, [1, 2, 3]] as [[UInt8]?] {
            let data = MemoryStorage()
            try data.commit([StorageBatch(group: .first, hardState: Self.hard(7, 4))])
            let store = MemoryMarkStore()
            store.stored = bytes
            let sink = MemorySink()
            let storage = MarkedStorage(data, mark: store, node: 1, tracer: Tracer(sink: sink, level: .info))
            _ = try storage.recover(.first)
            try storage.commit([StorageBatch(group: .first, hardState: Self.hard(8, 4))])
            #expect(sink.events(of: .markMissing).count == (bytes == nil ? 1 : 2))
            #expect(try store.read() == NodeMark(Self.hard(8, 4), last: .zero))
        }
    }

    @Test("A close leaves the mark up to date, and what comes later writes none (M10)")
    func closing() throws {
        let (history, storage) = try begun()
        try storage.commit([StorageBatch(group: .first, entries: Self.entries([4], from: 4))])
        storage.close()
        #expect(try Self.mark(history.last)?.last == TestEngine.id(4, 4))
        let steps = history.images.count
        try storage.refresh()
        #expect(history.images.count == steps)
    }

    @Test("Under the switch that ignores marks an emptied directory looks like a pristine one (M10)")
    func ignored() throws {
        let store = MemoryMarkStore()
        try store.write(NodeMark(Self.hard(3, 4), last: TestEngine.id(3, 4)))
        for isIgnored in [false, true] {
            let storage = MarkedStorage(MemoryStorage(), mark: store, node: 1, isIgnored: isIgnored)
            let amnesia = try storage.recover(.first).amnesia
            #expect((amnesia == nil) == isIgnored)
        }
    }
}
