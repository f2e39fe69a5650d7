import Glibc
import RaftCore
import RaftCrashRecorder
import RaftMembership
import RaftTesting
import RaftTracing
import Testing

@testable import RaftStorageLMDB

@Suite("A disk, a map or a process without room refuses entries, and goes on")
struct FullDiskTests {
    let place: TemporaryDirectory
    let fault = StorageFault()

    init() throws { place = try TemporaryDirectory() }

    private var options: LMDBOptions { TemporaryDirectory.options { $0.faults = { [fault] in fault($0) } } }

    /// Commits entries until there is no room.
    /// - Returns: the index that the next entry would have, and how it was refused.
    private func fill(_ storage: LMDBStorage, from first: LogIndex) -> (next: LogIndex, refusal: StorageError?) {
        var next = first
        while next < first + 5000 {
            let refusal = storageError {
                try storage.commit([StorageBatch(group: .first, entries: commands(next, 10, size: 1000))])
            }
            if let refusal { return (next, refusal) }
            next = next + 10
        }
        return (next, nil)
    }

    @Test("A device that is full refuses entries before anything is written, and takes hard state and purges (D4)")
    func full() throws {
        let storage = try place.open(options)
        try storage.commit([StorageBatch(group: .first, entries: commands(1, 100, size: 1000))])
        fault.set(.allocate, ENOSPC)
        var (next, refusal) = fill(storage, from: 101)
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

    @Test("A process that may have no more address space refuses entries, and takes hard state and purges (D4)")
    func addressSpace() throws {
        let storage = try place.open(options)
        fault.set(.map, ENOMEM)
        var (next, refusal) = fill(storage, from: 1)
        #expect(next > 100)
        #expect(refusal?.code == .full)
        #expect(refusal?.message.contains("address space") == true)
        #expect(try !storage.hasRoom(forEntries: 10_000))
        var noOp = EntryBatchBuilder(firstIndex: next)
        noOp.append(.noOp, term: 1, payload: [])
        try storage.commit([StorageBatch(group: .first, entries: noOp.finish())])
        next = next.next
        for _ in 0..<50 { try storage.commit([StorageBatch(group: .first, hardState: hardState(6))]) }
        #expect(try storage.entries(of: .first, in: 1..<2, maxBytes: 1).count == 1)
        try storage.commit([StorageBatch(group: .first, purgeThrough: LogID(term: 1, index: next.previous))])
        for _ in 0..<5 { try storage.commit([StorageBatch(group: .first, hardState: hardState(7))]) }
        (next, refusal) = fill(storage, from: next)
        #expect(refusal?.code == .full)
        fault.set(nil)
        try storage.commit([StorageBatch(group: .first, entries: commands(next, 100, size: 1000))])
        storage.close()
        #expect(try place.recovered().terms.last.index == next + 99)
    }

    @Test("An error of a disk with room is the device's; on one without it is the room's, until there is some (D2, D4)")
    func probe() throws {
        try place.open().close()
        let directory = DataDirectory(place.data)
        #expect(!directory.isFull())
        let recording = try #require(CrashRecorder.systemCalls.start(place.path))
        defer { recording.stop() }
        // The file is made, and what it holds finds no room.
        for fault in [CallFault.noRoom(after: 0), .noRoom(after: 1), .shortWrite(after: 0)] {
            recording.fail(fault)
            #expect(directory.isFull())
            recording.fail(nil)
            #expect(!place.exists("raft.mdb.probe"))
        }
        recording.fail(.once(after: 1))
        #expect(!directory.isFull())
    }

    @Test("A start that finds no room for the table of readers says so, instead of writing into a hole (D4)")
    func tableOfReaders() throws {
        try place.open().close()
        func allocated() -> Int {
            var status = stat()
            return stat(place.environment + "-lock", &status) == 0 ? Int(status.st_blocks) * 512 : -1
        }
        #expect(allocated() >= 1024 * 64)
        #expect(truncate(place.environment + "-lock", 0) == 0)
        let recording = try #require(CrashRecorder.systemCalls.start(place.path))
        defer { recording.stop() }
        recording.fail(.noGrowth)
        let refusal = storageError { _ = try place.open() }
        recording.fail(nil)
        #expect(refusal?.code == .full)
        #expect(refusal?.message.contains("table of readers") == true)
        let storage = try place.open()
        defer { storage.close() }
        #expect(allocated() >= 1024 * 64)
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
