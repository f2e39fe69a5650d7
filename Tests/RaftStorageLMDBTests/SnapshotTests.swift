import CRaftChecksum
import Glibc
import RaftCore
import RaftCrashRecorder
import RaftMembership
import RaftTesting
import Testing

@testable import RaftStorageLMDB

@Suite("Bodies of snapshots are files beside the environment")
struct SnapshotTests {
    let place: TemporaryDirectory

    init() throws { place = try TemporaryDirectory() }

    // MARK: Names

    @Test("A name tells all that tells one snapshot from another")
    func names() {
        let id = SnapshotID(last: LogID(term: 3, index: 255), size: 4096, checksum: 0xBEEF)
        let body = "snapshot-00000001-00000000000000ff-0000000000000003-0000000000001000-0000beef"
        let table: [(SnapshotFile, String)] = [
            (SnapshotFile(.finished(id), of: .first), body),
            (SnapshotFile(.part(id), of: .first), body + ".part"),
            (SnapshotFile(.building, of: GroupID(rawValue: 900)), "snapshot-00000384.building"),
        ]
        for (file, name) in table {
            #expect(file.name == name)
            #expect(SnapshotFile(named: name) == file)
        }
    }

    static let strangers: [String] = [
        "snapshot", "snapshot-", "snapshot-1", "snapshot-00000001", "snapshot-00000001.build", "snapshot-1.building",
        "snapshot-00000001-00000000000000FF-0000000000000003-0000000000001000-0000beef",
        "snapshot-00000001-00000000000000ff-0000000000000003-0000000000001000-0000beef.old",
        "snapshot-00000001-00000000000000ff-0000000000000003-0000000000001000-0000beef.part.part",
        "snapshot-00000001-ff-3-1000-beef", "SNAPSHOT-00000001.building", "notes.txt",
    ]

    @Test("A name that only looks alike is nobody's", arguments: strangers)
    func isNobodys(name: String) {
        #expect(SnapshotFile(named: name) == nil)
    }

    // MARK: At start

    @Test("At start what nothing names goes, parts stay, and so do files of others (S8)")
    func leftovers() throws {
        let named = try snapshot(at: 10)
        let storage = try place.open()
        try storage.commit([StorageBatch(group: .first, entries: commands(1, 20))])
        try write(named, to: storage)
        try storage.commit([StorageBatch(group: .first, snapshot: named)])
        let later = try snapshot(at: 15)
        let other = try snapshot(at: 7)
        try write(later, to: storage)
        _ = try storage.bodies.create(for: .first)
        _ = try storage.bodies.resume(other, for: .first)
        storage.close()
        for name in Self.strangers { _ = try Descriptor(opening: place.data + "/" + name, O_RDWR | O_CREAT) }

        try place.open().close()
        #expect(place.exists(SnapshotFile(.finished(named.id), of: .first).name))
        #expect(place.exists(SnapshotFile(.part(other.id), of: .first).name))
        #expect(!place.exists(SnapshotFile(.finished(later.id), of: .first).name))
        #expect(!place.exists(SnapshotFile(.building, of: .first).name))
        for name in Self.strangers { #expect(place.exists(name), "\(name)") }
    }

    @Test("A commit that names a snapshot takes parts along that nobody needs any more")
    func uselessParts() throws {
        let storage = try place.open()
        defer { storage.close() }
        try storage.commit([StorageBatch(group: .first, entries: commands(1, 20))])
        let (earlier, named) = (try snapshot(at: 5), try snapshot(at: 10))
        _ = try storage.bodies.resume(earlier, for: .first)
        _ = try storage.bodies.resume(earlier, for: GroupID(rawValue: 2))
        try write(named, to: storage)
        try storage.commit([StorageBatch(group: .first, snapshot: named)])
        #expect(!place.exists(SnapshotFile(.part(earlier.id), of: .first).name))
        #expect(place.exists(SnapshotFile(.part(earlier.id), of: GroupID(rawValue: 2)).name))
    }

    @Test(
        "A body that is missing or of another size is found by who reads it, and inspection names its file (D3)",
        arguments: [true, false])
    func missingBody(isMissing: Bool) throws {
        let named = try filled()
        let file = body(of: named)
        if isMissing { unlink(file) } else { try Descriptor(opening: file, O_WRONLY).resize(to: 5) }
        let storage = try place.open()
        #expect(try storage.recover(.first).snapshot == named)
        let error = storageError { try named.verify(try storage.bodies.open(named.id, of: .first)) }
        #expect(error?.code == (isMissing ? .missing : .damaged))
        // It may come again, from another server.
        try write(named, to: storage)
        try named.verify(try storage.bodies.open(named.id, of: .first))
        if isMissing { unlink(file) } else { try Descriptor(opening: file, O_WRONLY).resize(to: 5) }
        storage.close()
        let group = try #require(try LMDBInspection(directory: place.data).groups.first)
        #expect(!group.isSnapshotIntact && group.damage.first?.reason.contains(file) == true)
    }

    @Test("A changed byte in the record of a snapshot is damage (D3)")
    func damagedRecord() throws {
        let named = try filled()
        var bytes = try place.bytes()
        try DamageTests.spoil(&bytes, named.encoded(), at: 30)
        try place.replace(with: bytes)
        let error = storageError { _ = try place.open() }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains("snapshot of group 1") == true)
        let group = try #require(try LMDBInspection(directory: place.data).groups.first)
        #expect(group.snapshot == nil)
        #expect(group.damage.count == 1)
        #expect(group.entryCount == 10)
    }

    @Test("What is recovered from a directory that failed before includes the snapshot (D2)")
    func repaired() throws {
        let named = try filled()
        _ = try Descriptor(opening: place.data + "/DIRTY", O_RDWR | O_CREAT)
        #expect(try place.recovered().snapshot == named)
        #expect(!place.exists("DIRTY"))
    }

    // MARK: Writing

    @Test("A body is synced on the way, and nobody else may read it (S7)")
    func large() throws {
        let storage = try place.open()
        defer { storage.close() }
        let recording = try #require(CrashRecorder.systemCalls.start(place.data))
        defer { recording.stop() }
        let writer = try storage.bodies.create(for: .first)
        let piece = [UInt8](repeating: 7, count: 1 << 20)
        for _ in 0..<40 { try piece.withUnsafeBytes { try writer.append($0) } }
        #expect(writer.size == 40 << 20)
        #expect(recording.calls().count { $0.kind == .sync } == 2)
        var status = stat()
        #expect(stat(place.data + "/snapshot-00000001.building", &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        writer.discard()
        #expect(!place.exists("snapshot-00000001.building"))
        #expect(storageError { try piece.withUnsafeBytes { try writer.append($0) } }?.code == .misuse)
    }

    @Test("A part that is longer than its snapshot is cut")
    func longPart() throws {
        let storage = try place.open()
        defer { storage.close() }
        let wanted = try snapshot(at: 10)
        let part = place.data + "/" + SnapshotFile(.part(wanted.id), of: .first).name
        try Descriptor(opening: part, O_RDWR | O_CREAT).resize(to: 9000)
        #expect(try storage.bodies.resume(wanted, for: .first).size == 3000)
        #expect(try Descriptor(opening: part, O_RDONLY).size() == 3000)
    }

    @Test("What is finished as another snapshot than it can be is the caller's mistake (S1)")
    func wrongIdentity() throws {
        let storage = try place.open()
        defer { storage.close() }
        let (first, second) = (try snapshot(at: 10), try snapshot(at: 11))
        let received = try storage.bodies.resume(first, for: .first)
        #expect(storageError { try received.finish(as: first) }?.code == .misuse)
        try bytes(of: first).withUnsafeBytes { try received.append($0) }
        #expect(storageError { try received.finish(as: second) }?.code == .misuse)
        try received.finish(as: first)
        #expect(storageError { try received.finish(as: first) }?.code == .misuse)
        received.discard()
        #expect(try storage.bodies.open(first.id, of: .first).read(at: 0, count: .max) == bytes(of: first))
    }

    @Test("A storage that was closed gives no bodies: the directory may be another's")
    func closed() throws {
        let named = try filled()
        let storage = try place.open()
        storage.close()
        #expect(storageError { _ = try storage.bodies.open(named.id, of: .first) }?.code == .misuse)
        #expect(storageError { _ = try storage.bodies.create(for: .first) }?.code == .misuse)
        #expect(storageError { _ = try storage.bodies.resume(named, for: .first) }?.code == .misuse)
    }

    // MARK: Inspection

    @Test("An inspection reads the body whole, and changes nothing")
    func inspected() throws {
        let named = try filled()
        let inspection = try LMDBInspection(directory: place.data)
        let group = try #require(inspection.groups.first)
        #expect(inspection.isIntact)
        #expect(group.snapshot == named)
        #expect(group.isSnapshotIntact)
        #expect(group.base == named.last)
        #expect(place.exists(SnapshotFile(.finished(named.id), of: .first).name))
    }

    @Test("An inspection tells of a body that is damaged or missing", arguments: ["changed", "cut", "missing"])
    func inspectedDamage(what: String) throws {
        let file = body(of: try filled())
        switch what {
        case "changed": try [1].withUnsafeBytes { try Descriptor(opening: file, O_WRONLY).write($0, at: 1234) }
        case "cut": try Descriptor(opening: file, O_WRONLY).resize(to: 1234)
        default: unlink(file)
        }
        let inspection = try LMDBInspection(directory: place.data)
        let group = try #require(inspection.groups.first)
        #expect(!inspection.isIntact)
        #expect(group.snapshot != nil && !group.isSnapshotIntact)
        #expect(group.damage.count == 1)
        #expect(group.damage.first?.reason.contains(file) == true)
        #expect(group.entryCount == 10)
    }

    // MARK: Samples

    /// A directory, closed, with a snapshot of ten entries and ten more.
    private func filled() throws -> Snapshot {
        let named = try snapshot(at: 10)
        let storage = try place.open()
        defer { storage.close() }
        try storage.commit([StorageBatch(group: .first, entries: commands(1, 20))])
        try write(named, to: storage)
        try storage.commit([StorageBatch(group: .first, snapshot: named, purgeThrough: named.last)])
        return named
    }

    private func body(of snapshot: Snapshot) -> String {
        place.data + "/" + SnapshotFile(.finished(snapshot.id), of: .first).name
    }

    private func snapshot(at index: LogIndex) throws -> Snapshot {
        let membership = try Membership(
            members: [Membership.Record(member: member, addresses: ["memory:1"])], voters: [member.id])
        var snapshot = Snapshot(
            last: LogID(term: 1, index: index), cluster: ClusterID(high: 1, low: 2),
            configuration: LoggedMembership(id: LogID(term: 1, index: 1), membership: membership), size: 3000)
        snapshot.checksum = bytes(of: snapshot).withUnsafeBytes { raft_crc32c(0, $0.baseAddress, $0.count) }
        return snapshot
    }

    private func bytes(of snapshot: Snapshot) -> [UInt8] {
        (0..<Int(snapshot.size)).map { UInt8(truncatingIfNeeded: UInt64($0) &* 37 &+ snapshot.last.index.rawValue) }
    }

    private func write(_ snapshot: Snapshot, to storage: LMDBStorage) throws {
        let writer = try storage.bodies.create(for: .first)
        try bytes(of: snapshot).withUnsafeBytes { try writer.append($0) }
        try writer.finish(as: snapshot)
    }
}
