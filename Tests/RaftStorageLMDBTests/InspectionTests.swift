import RaftCore
import RaftMembership
import Testing

@testable import RaftStorageLMDB

@Suite("An inspection reads everything and changes nothing")
struct InspectionTests {
    let place: TemporaryDirectory

    init() throws { place = try TemporaryDirectory() }

    @Test("It tells owner, groups, bounds and hard state")
    func whole() throws {
        let second = GroupID(rawValue: 2)
        let storage = try place.open(TemporaryDirectory.options { $0.purgeStep = 4 })
        try storage.commit([
            StorageBatch(group: .first, entries: commands(1, 30), hardState: hardState(5)),
            StorageBatch(group: second, hardState: hardState(2)),
        ])
        try storage.commit([
            StorageBatch(
                group: .first, entries: commands(31, 5, term: 3), purgeThrough: LogID(term: 1, index: 10))
        ])
        storage.close()
        let before = try place.bytes()
        let inspection = try LMDBInspection(directory: place.data)
        #expect(try place.bytes() == before)
        #expect(inspection.isIntact && !inspection.isDirty)
        #expect(inspection.node == 1)
        #expect(inspection.clusterName == "test")
        #expect(inspection.usedBytes <= inspection.fileBytes)
        #expect(inspection.groups.map(\.group) == [.first, second])
        let group = inspection.groups[0]
        #expect(group.hardState == hardState(5))
        #expect(group.base == LogID(term: 1, index: 10))
        #expect(group.last == LogID(term: 3, index: 35))
        #expect(group.entryCount == 25)
        #expect(group.entryBytes == 25 * 72)
        #expect(group.purgedCount == 6)
        #expect(group.terms == [TermRun(firstIndex: 11, term: 1), TermRun(firstIndex: 31, term: 3)])
        #expect(inspection.groups[1].hardState == hardState(2))
    }

    @Test("A log of which a part is in doubt is none that is intact: a recovery would lose that part (D3, Q1)")
    func doubt() throws {
        let storage = try place.open()
        var hard = hardState(5)
        hard.provenThrough = 7
        try storage.commit([StorageBatch(group: .first, entries: commands(1, 10), hardState: hard)])
        storage.close()
        let group = try LMDBInspection(directory: place.data).groups[0]
        #expect(group.damage.map(\.index) == [8] && group.entryCount == 10)
        let again = try place.open()
        let found = try again.recover(.first)
        again.close()
        #expect(found.terms.last.index == 7 && found.damage?.firstIndex == 8)
    }
}
