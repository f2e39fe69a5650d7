import Glibc
import RaftCore
import RaftMembership
import RaftTracing
import Testing

@testable import RaftStorageLMDB

@Suite("The first failed write is final, and what it left is not trusted")
struct FailureTests {
    let place: TemporaryDirectory
    /// Fails the commits, or what else, while it says so.
    let fault = StorageFault()

    init() throws { place = try TemporaryDirectory() }

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
}
