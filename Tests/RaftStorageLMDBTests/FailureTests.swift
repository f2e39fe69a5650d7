import Glibc
import RaftCore
import RaftMembership
import RaftTracing
import Synchronization
import Testing

@testable import RaftStorageLMDB

@Suite("The first failed write is final, and what it left is not trusted")
struct FailureTests {
    let place: TemporaryDirectory
    /// Fails the commits, or what else, while it says so.
    let fault = Fault()

    init() throws { place = try TemporaryDirectory() }

    final class Fault: Sendable {
        let point = Mutex<LMDBOptions.FaultPoint?>(nil)
        let error = Atomic(EIO)

        func callAsFunction(_ point: LMDBOptions.FaultPoint) -> Int32? {
            self.point.withLock { $0 == point } ? error.load(ordering: .relaxed) : nil
        }

        func set(_ new: LMDBOptions.FaultPoint?, _ error: Int32 = EIO) {
            self.error.store(error, ordering: .relaxed)
            point.withLock { $0 = new }
        }
    }

    private var options: LMDBOptions { TemporaryDirectory.options { $0.faults = { [fault] in fault($0) } } }

    /// A storage with five entries whose next commit failed.
    private func failed() throws -> LMDBStorage {
        let storage = try place.open(options)
        try storage.commit([StorageBatch(group: .first, entries: commands(1, 5), hardState: hardState(1))])
        fault.set(.commit)
        #expect(
            storageError { try storage.commit([StorageBatch(group: .first, entries: commands(6, 1))]) }?.code == .io)
        fault.set(nil)
        return storage
    }

    @Test("After a failed commit every call throws the same error, also when the disk is well again (D2)")
    func final() throws {
        let storage = try failed()
        defer { storage.close() }
        let first = storageError { try storage.commit([StorageBatch(group: .first, hardState: hardState(2))]) }
        #expect(first?.code == .io)
        #expect(storageError { _ = try storage.entries(of: .first, in: 1..<2, maxBytes: 1) } == first)
        #expect(storageError { _ = try storage.recover(.first) } == first)
        #expect(place.exists("DIRTY"))
        // It still belongs to this process.
        #expect(storageError { _ = try place.open() }?.code == .locked)
    }

    @Test("The next start copies and verifies what a failed write left, and says so (D2)")
    func repaired() throws {
        try failed().close()
        #expect(try LMDBInspection(directory: place.data).isDirty)
        let sink = MemorySink()
        let storage = try place.open(tracer: Tracer(sink: sink, level: .info))
        #expect(sink.events(of: .storageRepaired).count == 1)
        #expect(!place.exists("DIRTY"))
        #expect(!place.exists("raft.mdb.repair"))
        #expect(try storage.recover(.first).terms.last.index == 5)
        #expect(try storage.recover(.first).hardState == hardState(1))
        try storage.commit([StorageBatch(group: .first, entries: commands(6, 1))])
        storage.close()
        #expect(try place.recovered().terms.last.index == 6)
    }

    @Test("A repair that fails changes nothing and is tried again at the next start (D2)")
    func repairFails() throws {
        try failed().close()
        fault.set(.repair)
        #expect(storageError { _ = try place.open(options) }?.code == .io)
        #expect(place.exists("DIRTY"))
        // It would take the room that the next start needs for another.
        #expect(!place.exists("raft.mdb.repair"))
        fault.set(nil)
        #expect(try place.recovered(.first, options).terms.last.index == 5)
        #expect(!place.exists("DIRTY"))
    }

    @Test("A dirty directory with a wrong checksum in it is not served (D2, D3)")
    func repairRefused() throws {
        try failed().close()
        var bytes = try place.bytes()
        try DamageTests.spoil(&bytes, entry: 3, commands(1, 5))
        try place.replace(with: bytes)
        let error = storageError { _ = try place.open() }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains("log entry 3") == true)
        #expect(place.exists("DIRTY"))
    }

    @Test("A copy with holes in it has disk behind it before anything counts on that (D4)")
    func sparse() throws {
        let storage = try place.open()
        try storage.commit([StorageBatch(group: .first, entries: commands(1, 5), hardState: hardState(1))])
        storage.close()
        let bytes = try place.bytes()
        let used = try #require(bytes.lastIndex { $0 != 0 })
        try place.replace(with: Array(bytes[...used]))
        #expect(truncate(place.data + "/raft.mdb", bytes.count) == 0)
        func allocated() -> Int {
            var status = stat()
            stat(place.data + "/raft.mdb", &status)
            return Int(status.st_blocks) * 512
        }
        try #require(allocated() < bytes.count, "this file system has no holes")
        let again = try place.open()
        defer { again.close() }
        #expect(allocated() >= bytes.count)
    }

    @Test("A device that is full refuses entries before anything is written, and takes hard state and purges (D4)")
    func full() throws {
        let storage = try place.open(options)
        try storage.commit([StorageBatch(group: .first, entries: commands(1, 100, size: 1000))])
        fault.set(.allocate, ENOSPC)
        var next: LogIndex = 101
        var refusal: StorageError?
        while refusal == nil, next < 5000 {
            refusal = storageError {
                try storage.commit([StorageBatch(group: .first, entries: commands(next, 10, size: 1000))])
            }
            if refusal == nil { next = next + 10 }
        }
        #expect(refusal?.code == .full)
        #expect(try !storage.hasRoom(forEntries: 10_000))
        var noOp = EntryBatchBuilder(firstIndex: next)
        noOp.append(.noOp, term: 1, payload: [])
        try storage.commit([StorageBatch(group: .first, entries: noOp.finish())])
        next = next.next
        let last = next.previous
        #expect(try storage.recover(.first).terms.last.index == last)
        #expect(try storage.entries(of: .first, in: 1..<2, maxBytes: 1).count == 1)
        try storage.commit([StorageBatch(group: .first, hardState: hardState(6))])
        try storage.commit([StorageBatch(group: .first, purgeThrough: LogID(term: 1, index: last.previous))])
        // Purging makes room within the file: service resumes without a restart.
        try storage.commit([StorageBatch(group: .first, hardState: hardState(7))])
        try storage.commit([StorageBatch(group: .first, entries: commands(next, 10, size: 1000))])
        fault.set(nil)
        #expect(try storage.hasRoom(forEntries: 10_000))
        try storage.commit([StorageBatch(group: .first, entries: commands(next + 10, 10, size: 1000))])
        storage.close()
        #expect(!place.exists("DIRTY"))
        #expect(try place.recovered().terms.last.index == next + 19)
    }

    @Test("A map that may grow grows under load; at its bound the storage is full and goes on (D4)")
    func growth() throws {
        let sink = MemorySink()
        let options = TemporaryDirectory.options {
            $0.initialMapSize = 1 << 16
            $0.maximumMapSize = 4 << 20
        }
        let storage = try place.open(options, tracer: Tracer(sink: sink, level: .info))
        var next: LogIndex = 1
        var refusal: StorageError?
        while refusal == nil, next < 10_000 {
            refusal = storageError {
                try storage.commit([
                    StorageBatch(group: .first, entries: commands(next, 50, size: 500), hardState: hardState(1))
                ])
            }
            if refusal == nil { next = next + 50 }
        }
        #expect(refusal?.code == .full)
        #expect(next > 1000)
        #expect(sink.events(of: .mapGrown).count == 2)
        for index in stride(from: 1000, through: next.previous.rawValue, by: 500) {
            try storage.commit([
                StorageBatch(
                    group: .first, purgeThrough: LogID(term: 1, index: LogIndex(index)), hardState: hardState(2))
            ])
        }
        for _ in 0..<5 { try storage.commit([StorageBatch(group: .first, hardState: hardState(3))]) }
        try storage.commit([StorageBatch(group: .first, entries: commands(next, 50, size: 500))])
        storage.close()
        #expect(try place.recovered(.first, options).terms.last.index == next + 49)
        #expect(try LMDBInspection(directory: place.data).isIntact)
    }
}
