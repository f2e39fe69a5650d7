import Glibc
import RaftCore
import RaftMembership
import Testing

@testable import RaftStorageLMDB

@Suite("Snapshots: a record in the environment, a body beside it (S1, S2, S6, S8, S10)")
struct SnapshotTests {
    let place: TemporaryDirectory

    init() throws { place = try TemporaryDirectory() }

    static func snapshot(_ index: LogIndex, term: Term = 1, _ body: [UInt8]) throws -> Snapshot {
        let membership = try Membership(
            members: [Membership.Record(member: member, addresses: ["unix:/1"])], voters: [1])
        return Snapshot(
            last: LogID(term: term, index: index), cluster: ClusterID(high: 1, low: 2),
            configuration: LoggedMembership(id: LogID(term: 1, index: 1), membership: membership),
            size: UInt64(body.count), checksum: UInt32(body.reduce(0) { $0 &+ Int($1) }))
    }

    /// A snapshot that is taken and named.
    @discardableResult
    func take(_ index: LogIndex, term: Term = 1, _ body: [UInt8], in storage: LMDBStorage) throws -> Snapshot {
        let snapshot = try write(index, term: term, body, in: storage)
        try storage.commit([
            StorageBatch(
                group: .first, snapshot: snapshot, purgeThrough: snapshot.last, hardState: hardState(term))
        ])
        return snapshot
    }

    func write(_ index: LogIndex, term: Term = 1, _ body: [UInt8], in storage: LMDBStorage) throws -> Snapshot {
        let snapshot = try Self.snapshot(index, term: term, body)
        let writer = try #require(storage.snapshots).create(for: .first)
        for piece in stride(from: 0, to: body.count, by: 1000) {
            try Array(body[piece..<min(piece + 1000, body.count)]).withUnsafeBytes { try writer.append($0) }
        }
        try writer.finish(as: snapshot)
        return snapshot
    }

    func body(_ seed: UInt8, _ count: Int = 5000) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0) ^ seed }
    }

    func files() throws -> [String] {
        try DataDirectory(place.data).names().filter { $0.hasPrefix("snapshot-") }.sorted()
    }

    func read(_ snapshot: Snapshot, in storage: LMDBStorage) throws -> [UInt8] {
        try #require(storage.snapshots).open(snapshot.id, of: .first).read(at: 0, count: Int(snapshot.size) + 10)
    }

    @Test("comes back with its body, and the log begins behind it")
    func comesBack() throws {
        let storage = try place.open()
        try storage.commit([StorageBatch(group: .first, entries: commands(1, 20), hardState: hardState(1))])
        let snapshot = try take(12, body(1), in: storage)
        storage.close()
        let recovered = try place.recovered()
        #expect(recovered.snapshot == snapshot)
        #expect(recovered.terms.base == snapshot.last && recovered.terms.last.index == 20)
        let again = try place.open()
        #expect(try read(snapshot, in: again) == body(1))
        #expect(try #require(again.snapshots).open(snapshot.id, of: .first).read(at: 4990, count: 100).count == 10)
        again.close()
        #expect(try LMDBInspection(directory: place.data).groups[0].damage.map(\.reason) != [])
    }

    @Test("past the end of the log, at its boundary, and of an empty log (S10)", arguments: [0, 5, 8] as [Int])
    func bounds(entries: Int) throws {
        let storage = try place.open()
        if entries > 0 {
            try storage.commit([StorageBatch(group: .first, entries: commands(1, entries))])
        }
        let snapshot = try take(8, term: entries == 8 ? 1 : 2, body(2), in: storage)
        storage.close()
        var recovered = try place.recovered()
        #expect(recovered.terms.base == snapshot.last && recovered.terms.last == snapshot.last)
        let again = try place.open()
        try again.commit([StorageBatch(group: .first, entries: commands(9, 3, term: 2))])
        again.close()
        recovered = try place.recovered()
        #expect(recovered.terms.last == LogID(term: 2, index: 11) && recovered.snapshot == snapshot)
    }

    @Test("A newer one takes its place; who reads the old one reads it to its end (S8)")
    func superseded() throws {
        let storage = try place.open()
        try storage.commit([StorageBatch(group: .first, entries: commands(1, 20))])
        let old = try take(5, body(1), in: storage)
        let reader = try #require(storage.snapshots).open(old.id, of: .first)
        let late = try write(15, body(3), in: storage)
        let new = try take(10, body(2), in: storage)
        #expect(try reader.read(at: 0, count: 5000) == body(1))
        #expect(storageError { _ = try read(old, in: storage) }?.code == .missing)
        #expect(try read(new, in: storage) == body(2))
        // One of a later position may be about to be named.
        #expect(try read(late, in: storage) == body(3))
        storage.close()
        try place.open().close()
        #expect(try files().count == 1)
        #expect(try place.recovered().snapshot == new)
    }

    @Test("A transfer goes on where it was, after a restart too; what is another's begins anew (S1, S6)")
    func resumes() throws {
        let all = body(7)
        let snapshot = try Self.snapshot(30, all)
        var storage = try place.open()
        do {
            let writer = try #require(storage.snapshots).resume(snapshot, for: .first)
            #expect(writer.size == 0)
            try all[..<2000].withUnsafeBytes { try writer.append($0) }
        }
        storage.close()
        storage = try place.open()
        #expect(storageError { _ = try read(snapshot, in: storage) }?.code == .missing)
        let writer = try #require(storage.snapshots).resume(snapshot, for: .first)
        #expect(writer.size == 2000)
        try all[2000...].withUnsafeBytes { try writer.append($0) }
        try writer.finish(as: snapshot)
        #expect(try read(snapshot, in: storage) == all)
        try storage.commit([StorageBatch(group: .first, snapshot: snapshot, purgeThrough: snapshot.last)])
        let other = try Self.snapshot(40, body(8))
        let first = try #require(storage.snapshots).resume(other, for: .first)
        try body(8)[..<100].withUnsafeBytes { try first.append($0) }
        #expect(try files().count == 2)
        #expect(try #require(storage.snapshots).resume(try Self.snapshot(41, body(9)), for: .first).size == 0)
        #expect(try files().filter { $0.hasSuffix(".part") }.count == 1)
        storage.close()
    }

    @Test("What is half-made is never found, and goes at the next start (S8)")
    func halfMade() throws {
        var storage = try place.open()
        do {
            let writer = try #require(storage.snapshots).create(for: .first)
            try body(1).withUnsafeBytes { try writer.append($0) }
        }
        let unnamed = try write(9, body(2), in: storage)
        #expect(try files().count == 1)
        _ = try #require(storage.snapshots).create(for: .first)
        #expect(try files().count == 2)
        storage.close()
        storage = try place.open()
        #expect(try files() == [])
        #expect(storageError { _ = try read(unnamed, in: storage) }?.code == .missing)
        #expect(try storage.recover(.first).snapshot == nil)
        storage.close()
    }

    @Test("What does not fit is refused, and nothing of it stays")
    func refusals() throws {
        let storage = try place.open()
        try storage.commit([StorageBatch(group: .first, entries: commands(1, 20))])
        let snapshot = try take(10, body(1), in: storage)
        let missing = try Self.snapshot(15, body(4))
        for batch in [
            StorageBatch(group: .first, entries: commands(21, 1), snapshot: missing),
            StorageBatch(
                group: .first, entries: commands(21, 1), snapshot: try write(8, body(2), in: storage)),
            StorageBatch(group: .first, entries: commands(21, 1), purgeThrough: LogID(term: 1, index: 12)),
        ] {
            #expect(storageError { try storage.commit([batch]) }?.code == .misuse)
        }
        #expect(try storage.recover(.first).terms.last.index == 20)
        #expect(try storage.recover(.first).snapshot == snapshot)
        storage.close()
    }

    @Test("A body that is missing or cut is named when the group is recovered (D3)")
    func damage() throws {
        let storage = try place.open()
        let snapshot = try take(10, body(1), in: storage)
        storage.close()
        let path = SnapshotFiles(directory: DataDirectory(place.data)).body(snapshot.id, .first)
        #expect(truncate(path, 10) == 0)
        let cut = storageError { _ = try place.recovered() }
        #expect(cut?.code == .damaged && cut?.message.contains("has 10 bytes instead of 5000") == true)
        unlink(path)
        let gone = storageError { _ = try place.recovered() }
        #expect(gone?.code == .damaged && gone?.message.contains("is missing") == true)
    }

    @Test("Files of others are left alone")
    func others() throws {
        try place.open().close()
        for name in ["snapshot-", "snapshot-1-2", "snapshot-x-1-1-1-1", "notes"] {
            _ = try Descriptor(opening: place.data + "/" + name, O_RDWR | O_CREAT)
        }
        try place.open().close()
        #expect(try files().count == 3 && place.exists("notes"))
    }
}
