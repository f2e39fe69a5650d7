import RaftCore
import RaftMembership
import RaftMemory
import Testing

/// Rule L7, and what else a log in memory promises.
@Suite("Memory storage")
struct MemoryStorageTests {
    static func batch(_ terms: [Term], from first: LogIndex, cut: LogIndex? = nil) -> StorageBatch {
        StorageBatch(group: .first, truncateAfter: cut, entries: LogTests.batch(terms, from: first))
    }

    @Test("Truncation, entries and hard state of a batch belong together, and are found again (L7)")
    func reopen() throws {
        let storage = MemoryStorage()
        var batch = Self.batch([1, 1, 1], from: 1)
        batch.hardState = Samples.hardState
        try storage.commit([batch, Self.batch([3, 3], from: 3, cut: 2)])
        let group = try storage.recover(.first)
        #expect(group.terms.last == LogID(term: 3, index: 4) && group.terms.term(at: 2) == 1)
        #expect(group.hardState == Samples.hardState)
    }

    @Test("A purge moves the base and keeps the tail (L7, L12)")
    func purge() throws {
        let storage = MemoryStorage()
        try storage.commit([Self.batch([1, 1, 1, 1], from: 1)])
        try storage.commit([StorageBatch(group: .first, purgeThrough: LogID(term: 1, index: 3))])
        #expect(try storage.recover(.first).terms.base == LogID(term: 1, index: 3))
        #expect(try storage.entries(of: .first, in: 4..<9, maxBytes: 999).count == 1)
        try storage.commit([StorageBatch(group: .first, purgeThrough: LogID(term: 1, index: 4))])
        #expect(try storage.recover(.first).terms.last == LogID(term: 1, index: 4))
        try storage.commit([Self.batch([2], from: 5)])
        #expect(try storage.recover(.first).terms.last == LogID(term: 2, index: 5))
    }

    @Test("An entry that is not there is an error (L4)")
    func missing() throws {
        let storage = MemoryStorage()
        try storage.commit([Self.batch([1, 1], from: 1)])
        for range in [3..<9, 0..<1] as [Range<LogIndex>] {
            #expect(throws: StorageError.self) { try storage.entries(of: .first, in: range, maxBytes: 99) }
        }
    }

    @Test("A gap and a cut below the base are refused")
    func misuse() throws {
        let storage = MemoryStorage()
        #expect(throws: StorageError.self) { try storage.commit([Self.batch([1], from: 2)]) }
        try storage.commit([Self.batch([1, 1], from: 1)])
        try storage.commit([StorageBatch(group: .first, purgeThrough: LogID(term: 1, index: 2))])
        #expect(throws: StorageError.self) { try storage.commit([StorageBatch(group: .first, truncateAfter: 1)]) }
    }
}
