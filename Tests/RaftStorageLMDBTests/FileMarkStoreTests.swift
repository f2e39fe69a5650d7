import Glibc
import RaftCore
import RaftCrashRecorder
import RaftMembership
import RaftTesting
import RaftTracing
import Testing

@testable import RaftStorageLMDB

/// Rule M10: the mark of a node in a file.
@Suite("A mark in a file")
struct FileMarkStoreTests {
    let place: TemporaryDirectory
    var path: String { place.path + "/1.mark" }

    init() throws { place = try TemporaryDirectory() }

    static func mark(_ start: UInt64) -> NodeMark {
        NodeMark(
            cluster: ClusterID(high: 1, low: 2), member: Member(id: 1, incarnation: 10), startCounter: start, term: 3,
            last: LogID(term: 3, index: 9))
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        let file = try Descriptor(opening: path, O_WRONLY | O_CREAT | O_TRUNC)
        try bytes.withUnsafeBytes { try file.write($0, at: 0) }
    }

    @Test("The last mark written is read, and before the first there is none (M10)")
    func roundTrip() throws {
        let store = FileMarkStore(at: path)
        #expect(try store.read() == nil)
        for start in 1...3 as ClosedRange<UInt64> {
            try store.write(Self.mark(start))
            #expect(try FileMarkStore(at: path).read() == Self.mark(start))
        }
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600 && status.st_size == 96)
        #expect(access(path + ".new", F_OK) != 0)
    }

    @Test("On a full disk a mark is renewed in its place, so that a vote needs no room (D4, M10)")
    func noRoom() throws {
        let store = FileMarkStore(at: path)
        try store.write(Self.mark(1))
        let recording = try #require(CrashRecorder.systemCalls.start(place.path))
        defer { recording.stop() }
        recording.fail(.noGrowth)
        try store.write(Self.mark(2))
        recording.fail(nil)
        #expect(try store.read() == Self.mark(2))
        #expect(access(path + ".new", F_OK) != 0)
    }

    @Test("A write that was torn leaves the mark before it (M10)", arguments: [0, 1, 50, 95])
    func torn(bytes: Int) throws {
        let store = FileMarkStore(at: path)
        try store.write(Self.mark(1))
        try write(Array(Self.mark(2).encoded().prefix(bytes)), to: path + ".new")
        #expect(try store.read() == Self.mark(1))
        try store.write(Self.mark(3))
        #expect(try store.read() == Self.mark(3))
    }

    @Test("A file that is no mark is damaged, and one of a later release keeps the node from starting (M10, L13)")
    func damaged() throws {
        let store = FileMarkStore(at: path)
        for bytes in [[], [1], Array(Self.mark(1).encoded().dropLast()), Self.mark(1).encoded() + [0]] as [[UInt8]] {
            try write(bytes, to: path)
            let error = storageError { _ = try store.read() }
            #expect(error?.code == .damaged && error?.message.contains(path) == true, "\(bytes.count) bytes")
        }
    }

    @Test("Where it cannot be kept is said in one line (M10)")
    func nowhere() throws {
        let missing = FileMarkStore(at: place.path + "/gone/1.mark")
        #expect(try missing.read() == nil)
        let error = storageError { try missing.write(Self.mark(1)) }
        #expect(error?.code == .io)
        #expect(error?.message.contains("/gone/1.mark.new: No such file or directory") == true)
        #expect(error?.message.contains("must exist and be writable") == true)
        #expect(error?.message.contains("\n") == false)
        // What is not a file can be neither read nor replaced.
        mkdir(path, 0o700)
        #expect(storageError { _ = try FileMarkStore(at: path).read() }?.code == .io)
        #expect(storageError { try FileMarkStore(at: path).write(Self.mark(1)) }?.code == .io)
        rmdir(path)
        // Root may do all of it.
        guard geteuid() != 0 else { return }
        try FileMarkStore(at: path).write(Self.mark(1))
        chmod(path, 0)
        #expect(storageError { _ = try FileMarkStore(at: path).read() }?.message.contains("Permission denied") == true)
    }

    @Test(
        "The mark is beside the data directory, never in it (M10)",
        arguments: [
            ("/var/lib/raftd/1", "/var/lib/raftd/1.mark"), ("/var/lib/raftd/1//", "/var/lib/raftd/1.mark"),
            ("1", "1.mark"), ("counter/1", "counter/1.mark"),
        ])
    func beside(_ directory: String, _ mark: String) {
        #expect(FileMarkStore.path(beside: directory) == mark)
    }

    @Test("The mark of a directory named by a point is beside what that means (M10)")
    func besidePoint() throws {
        let real = try #require(realpath(place.path, nil).map { String(cString: $0) })
        mkdir(place.data.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }, 0o700)
        mkdir(place.data, 0o700)
        #expect(FileMarkStore.path(beside: place.data + "/.") == real + "/node/1.mark")
        #expect(FileMarkStore.path(beside: place.data + "/..") == real + "/node.mark")
        try place.open().close()
    }

    @Test("A directory emptied or put back from a copy is found at the next start (M10)")
    func copies() throws {
        func hard(_ start: UInt64) -> HardState {
            HardState(
                cluster: ClusterID(high: 1, low: 2), member: Member(id: 1, incarnation: 10), startCounter: start,
                term: 3)
        }
        func open() throws -> MarkedStorage {
            MarkedStorage(try place.open(), mark: FileMarkStore(beside: place.data), node: 1)
        }
        let first = try open()
        _ = try first.recover(.first)
        try first.commit([StorageBatch(group: .first, entries: commands(1, 3, term: 3), hardState: hard(1))])
        first.close()
        let copy = try place.bytes()

        let second = try open()
        _ = try second.recover(.first)
        try second.commit([StorageBatch(group: .first, entries: commands(4, 1, term: 3), hardState: hard(1))])
        second.close()
        let latest = try place.bytes()

        try place.replace(with: copy)
        let rolledBack = try open()
        let error = try rolledBack.recover(.first).amnesia?.error
        #expect(error?.code == .amnesiac && error?.message.contains("entry 4@3 was durable") == true)
        rolledBack.close()

        unlink(place.environment)
        let emptied = try open()
        let other = try emptied.recover(.first).amnesia?.error
        #expect(other?.code == .amnesiac && other?.message.contains("the data directory is empty") == true)
        emptied.close()

        try place.replace(with: latest)
        let restored = try open()
        #expect(try restored.recover(.first).terms.last == LogID(term: 3, index: 4))
        restored.close()
    }
}
