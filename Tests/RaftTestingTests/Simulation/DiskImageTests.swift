import RaftCore
import RaftMembership
import Testing

@testable import RaftTesting

@Suite("Disks of the simulator")
struct DiskImageTests {
    private func entries(_ terms: [Term], from first: LogIndex) -> EntryBatch {
        var builder = EntryBatchBuilder(firstIndex: first)
        for term in terms { builder.append(.command, term: term, payload: [1, 2, 3]) }
        return builder.finish()
    }

    private func damaged(_ terms: [Term], at indices: LogIndex...) throws -> DiskImage {
        var image = DiskImage()
        let hard = HardState(member: Member(id: 1, incarnation: Incarnation(1)), term: 9)
        try image.write(StorageBatch(group: .first, entries: entries(terms, from: 1), hardState: hard))
        for index in indices { image.rot(at: index) }
        return image
    }

    @Test("Repairs of several entries may be of another term than what could not be read (D3)")
    func otherTerms() throws {
        // Short seed 5012785: one entry after the other was held against those behind it.
        var image = try damaged([1, 2, 2, 2], at: 2, 3, 4)
        try image.write(StorageBatch(group: .first, repairs: entries([3, 3, 3], from: 2)))
        #expect(image.firstDamage == nil && (1...4).map { image.term(at: LogIndex($0)) } == [1, 3, 3, 3])
    }

    @Test("What cannot have followed a repair counts no more, as any start would find, until it is cut (D3, L7)")
    func impossible() throws {
        var image = try damaged([1, 2, 2, 2], at: 2)
        try image.write(StorageBatch(group: .first, repairs: entries([3], from: 2)))
        #expect(image.firstDamage == 3)
        #expect(try image.recover(mutation: nil).terms.last == LogID(term: 3, index: 2))
        try image.write(StorageBatch(group: .first, truncateAfter: 2))
        #expect(image.firstDamage == nil && image.last == LogID(term: 3, index: 2))
    }

    @Test("Nothing is cut below the base (L7)")
    func belowBase() throws {
        var image = try damaged([1, 2, 2, 2])
        try image.write(StorageBatch(group: .first, purgeThrough: LogID(term: 2, index: 3)))
        #expect(throws: StorageError.self) { try image.write(StorageBatch(group: .first, truncateAfter: 2)) }
        #expect(image.last == LogID(term: 2, index: 4))
    }

    @Test("What stands behind a place in doubt does not count (D3)")
    func doubt() throws {
        var image = try damaged([1, 2, 4], at: 2)
        let hard = HardState(member: Member(id: 1, incarnation: Incarnation(1)), term: 9, provenThrough: 2)
        try image.write(StorageBatch(group: .first, repairs: entries([1], from: 2), hardState: hard))
        #expect(image.firstDamage == 3)
        #expect(try image.recover(mutation: nil).damage?.firstIndex == 3)
    }
}
