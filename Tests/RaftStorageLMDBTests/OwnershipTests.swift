import Glibc
import RaftCore
import RaftMembership
import Testing

@testable import RaftStorageLMDB

@Suite("A data directory belongs to one node, and to one process at a time")
struct OwnershipTests {
    let place: TemporaryDirectory

    init() throws { place = try TemporaryDirectory() }

    @Test("The directory is made with what is missing above it, and nobody else may read it")
    func made() throws {
        try place.open().close()
        var status = stat()
        #expect(stat(place.data, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o700)
        for name in ["raft.mdb", "LOCK"] {
            #expect(stat(place.data + "/" + name, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
        }
    }

    @Test("A second opener is told which process has the directory, and the first goes on")
    func locked() throws {
        let storage = try place.open()
        for attempt in [{ _ = try place.open() }, { _ = try LMDBInspection(directory: place.data) }] {
            let error = storageError(attempt)
            #expect(error?.code == .locked)
            #expect(error?.message.contains("in use by process \(getpid())") == true)
        }
        try storage.commit([StorageBatch(group: .first, entries: commands(1, 1))])
        storage.close()
        #expect(try place.recovered().terms.last.index == 1)
    }

    @Test("Letting go of a storage releases the directory, closed or not")
    func released() throws {
        do { _ = try place.open() }
        try place.open().close()
    }

    @Test("Another node's or cluster's directory is refused, and not changed", arguments: [0, 1])
    func foreign(_ which: Int) throws {
        try place.open().close()
        let other = [
            StorageContext(node: 2, clusterName: "test"), StorageContext(node: 1, clusterName: "production"),
        ]
        let error = storageError { _ = try place.open(context: other[which]) }
        #expect(error?.code == .foreign)
        #expect(error?.message.contains("belongs to node 1 of cluster \"test\"") == true)
        #expect(error?.message.contains("\n") == false)
        try place.open().close()
    }

    @Test("What a start that was cut off left behind is cleaned up")
    func leftovers() throws {
        let directory = DataDirectory(place.data)
        try directory.create()
        for name in [directory.fresh, directory.repair, directory.dirtyFlag] {
            _ = try Descriptor(opening: name, O_RDWR | O_CREAT)
        }
        try place.open().close()
        #expect(!place.exists("raft.mdb.new") && !place.exists("raft.mdb.repair") && !place.exists("DIRTY"))
    }

    @Test("A path that cannot be a directory is an error of one line")
    func notADirectory() throws {
        _ = try Descriptor(opening: place.path + "/node", O_RDWR | O_CREAT)
        defer { unlink(place.path + "/node") }
        #expect(storageError { _ = try place.open() }?.code == .io)
        #expect(storageError { _ = try LMDBInspection(directory: place.data) }?.code == .io)
    }

    @Test("More groups than there is room for are refused, and that is not final")
    func tooManyGroups() throws {
        let storage = try place.open(TemporaryDirectory.options { $0.maximumGroups = 2 })
        for group in 1...2 {
            try storage.commit([StorageBatch(group: GroupID(rawValue: UInt32(group)), entries: commands(1, 1))])
        }
        let third = [StorageBatch(group: GroupID(rawValue: 3), entries: commands(1, 1))]
        #expect(storageError { try storage.commit(third) }?.code == .misuse)
        try storage.commit([StorageBatch(group: .first, entries: commands(2, 1))])
        storage.close()
    }
}
