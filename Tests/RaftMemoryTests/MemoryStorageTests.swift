import RaftCore
import RaftMembership
import RaftMemory
import Testing

@Suite("Storage in memory")
struct MemoryStorageTests {
    private func batch(_ range: ClosedRange<UInt64>, term: Term = 1) -> EntryBatch {
        var builder = EntryBatchBuilder(firstIndex: LogIndex(range.lowerBound))
        for index in range { builder.append(.command, term: term, payload: [UInt8(truncatingIfNeeded: index)]) }
        return builder.finish()
    }

    @Test("What belongs together is recovered together (L7)")
    func recovers() throws {
        let storage = MemoryStorage()
        let state = HardState(member: Member(id: 1, incarnation: 5), term: 2)
        try storage.commit([StorageBatch(group: .first, entries: batch(1...10), hardState: state)])
        try storage.commit([StorageBatch(group: .first, truncateAfter: 4, entries: batch(5...6, term: 2))])
        let recovered = try storage.recover(.first)
        #expect(recovered.hardState == state)
        #expect(recovered.terms.last == LogID(term: 2, index: 6))
        #expect(recovered.terms.term(at: 4) == 1 && recovered.terms.term(at: 5) == 2)
    }

    @Test("Entries come from one index on, at least one, within the bounds (L4)")
    func entries() throws {
        let storage = MemoryStorage()
        try storage.commit([StorageBatch(group: .first, entries: batch(1...5))])
        try storage.commit([StorageBatch(group: .first, entries: batch(6...9))])
        #expect(try storage.entries(of: .first, in: 3..<5, maxBytes: .max).count == 2)
        #expect(try storage.entries(of: .first, in: 7..<10, maxBytes: 1).count == 1)
        #expect(throws: StorageError.self) { try storage.entries(of: .first, in: 10..<11, maxBytes: 1) }
        try storage.commit([StorageBatch(group: .first, purgeThrough: LogID(term: 1, index: 5))])
        #expect(throws: StorageError.self) { try storage.entries(of: .first, in: 5..<6, maxBytes: 1) }
        #expect(try storage.recover(.first).terms.base == LogID(term: 1, index: 5))
    }

    @Test("A gap and a truncation below the base are the caller's mistakes")
    func misuse() throws {
        let storage = MemoryStorage()
        #expect(throws: StorageError.self) { try storage.commit([StorageBatch(group: .first, entries: batch(2...3))]) }
        try storage.commit([StorageBatch(group: .first, entries: batch(1...3), purgeThrough: LogID(term: 1, index: 2))])
        #expect(throws: StorageError.self) { try storage.commit([StorageBatch(group: .first, truncateAfter: 1)]) }
    }

    @Test("Nothing stays of a commit that is refused (L7)")
    func refusedCommit() throws {
        let storage = MemoryStorage()
        var builder = EntryBatchBuilder(firstIndex: 1)
        builder.append(.noOp, term: 1, payload: [])
        let first = builder.finish()
        builder = EntryBatchBuilder(firstIndex: 9)
        builder.append(.noOp, term: 1, payload: [])
        let gap = builder.finish()
        try storage.commit([StorageBatch(group: .first, entries: first)])
        let before = try storage.recover(.first)
        #expect(throws: StorageError.self) {
            try storage.commit([StorageBatch(group: .first, truncateAfter: 0, entries: gap)])
        }
        #expect(throws: StorageError.self) {
            try storage.commit([
                StorageBatch(group: .first, purgeThrough: LogID(term: 1, index: 1)),
                StorageBatch(group: GroupID(rawValue: 2), entries: gap),
            ])
        }
        #expect(try storage.recover(.first) == before)
    }
}
