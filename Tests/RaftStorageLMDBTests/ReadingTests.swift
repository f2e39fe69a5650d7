import RaftCore
import RaftMembership
import RaftTesting
import Synchronization
import Testing

@testable import RaftStorageLMDB

@Suite("Entries are read back as they were written")
struct ReadingTests {
    let place: TemporaryDirectory

    init() throws { place = try TemporaryDirectory() }

    @Test("A read gives at least one entry, and no more than it was asked for")
    func limits() throws {
        let storage = try place.open()
        let all = commands(1, 50, size: 100)
        try storage.commit([StorageBatch(group: .first, entries: all)])
        #expect(try storage.entries(of: .first, in: 1..<51, maxBytes: .max) == all)
        #expect(try storage.entries(of: .first, in: 10..<20, maxBytes: .max) == all.slice(from: 10, maxCount: 10))
        #expect(try storage.entries(of: .first, in: 10..<500, maxBytes: .max) == all.slice(from: 10))
        #expect(try storage.entries(of: .first, in: 3..<51, maxBytes: 0) == all.slice(from: 3, maxCount: 1))
        #expect(try storage.entries(of: .first, in: 3..<51, maxBytes: 2 * 132) == all.slice(from: 3, maxCount: 2))
        #expect(try storage.entries(of: .first, in: 3..<51, maxBytes: 3 * 132 - 1) == all.slice(from: 3, maxCount: 2))
    }

    @Test("Entries from empty to larger than many pages come back whole", arguments: [0, 1, 2000, 2030, 4096, 100_000])
    func sizes(_ size: Int) throws {
        let storage = try place.open()
        let all = commands(1, 9, size: size)
        try storage.commit([StorageBatch(group: .first, entries: all)])
        #expect(try storage.entries(of: .first, in: 1..<10, maxBytes: .max) == all)
        storage.close()
        #expect(try place.recovered().terms.last.index == 9)
        #expect(try LMDBInspection(directory: place.data).isIntact)
    }

    @Test("What is not there is missing, not empty (L4)")
    func missing() throws {
        let storage = try place.open()
        func code(_ range: Range<LogIndex>, _ group: GroupID = .first) -> StorageError.Code? {
            storageError { _ = try storage.entries(of: group, in: range, maxBytes: 100) }?.code
        }
        #expect(code(1..<2) == .missing)
        try storage.commit([StorageBatch(group: .first, entries: commands(1, 10))])
        try storage.commit([StorageBatch(group: .first, purgeThrough: LogID(term: 1, index: 5))])
        #expect(code(0..<2) == .missing)
        #expect(code(5..<9) == .missing)
        #expect(code(6..<9) == nil)
        #expect(code(11..<12) == .missing)
        #expect(code(1..<2, GroupID(rawValue: 2)) == .missing)
        #expect(code(6..<6) == .misuse)
    }

    @Test("Readers see only what was committed, while commits go on and the map grows")
    func concurrent() throws {
        let storage = try place.open(TemporaryDirectory.options { $0.initialMapSize = 1 << 17 })
        try storage.commit([StorageBatch(group: .first, entries: commands(1, 10, size: 500))])
        let done = Atomic(false)
        let committed = Atomic<UInt64>(10)
        let wrong = Atomic(0)
        let reads = Atomic(0)
        let read: @Sendable () -> Void = {
            while !done.load(ordering: .acquiring) {
                let last = committed.load(ordering: .acquiring)
                guard let entries = try? storage.entries(of: .first, in: 1..<LogIndex(last + 1), maxBytes: 1 << 16),
                    entries.firstIndex == 1, entries == commands(1, entries.count, size: 500)
                else {
                    wrong.add(1, ordering: .relaxed)
                    return
                }
                reads.add(1, ordering: .relaxed)
            }
        }
        let readers = [CheckThread(read), CheckThread(read)]
        for _ in 0..<60 {
            let next = LogIndex(committed.load(ordering: .relaxed) + 1)
            try storage.commit([StorageBatch(group: .first, entries: commands(next, 40, size: 500))])
            committed.store(next.rawValue + 39, ordering: .releasing)
        }
        done.store(true, ordering: .releasing)
        for reader in readers { reader.join() }
        #expect(wrong.load(ordering: .relaxed) == 0)
        #expect(reads.load(ordering: .relaxed) > 0)
        #expect(try storage.recover(.first).terms.last.index.rawValue == 10 + 60 * 40)
    }
}
