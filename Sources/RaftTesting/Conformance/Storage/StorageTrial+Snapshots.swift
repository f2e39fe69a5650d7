import RaftCore
import RaftMembership

/// Bodies by themselves. A storage without snapshots keeps all of this.
extension StorageTrial {
    private typealias Samples = StorageSamples

    /// The start of every property of snapshots: a log that they may cover.
    func hasSnapshots() throws -> Bool {
        guard storage.snapshots != nil else { return false }
        try commit(
            StorageBatch(group: .first, entries: Samples.commands(1, 100, term: 2), hardState: Samples.hardState(2)))
        return true
    }

    func snapshotBodies() throws {
        guard try hasSnapshots() else { return }
        for (position, size) in [0, 1, 4096, 10_000, options.largestEntry].enumerated() {
            let snapshot = try Samples.snapshot(at: LogIndex(UInt64(10 * (position + 1))), size: size)
            try write(snapshot)
            try checkPieces(of: snapshot, "before it is named")
            try commitAndCheck("a snapshot of \(size) bytes", StorageBatch(group: .first, snapshot: snapshot))
            try checkPieces(of: snapshot, "after it was named")
        }
    }

    private func checkPieces(of snapshot: Snapshot, _ when: String) throws {
        let body = Samples.body(of: snapshot.id)
        guard let reader = try storage.snapshots?.open(snapshot.id, of: .first) else { return }
        for (offset, count) in [
            (0, body.count), (0, 10), (1, 4096), (4095, 3), (body.count / 2, body.count), (body.count, 5),
        ] {
            let wanted = Array(body.dropFirst(offset).prefix(count))
            guard try reader.read(at: UInt64(offset), count: count) == wanted else {
                throw failure(
                    "\(when), \(count) bytes from \(offset) on of a body of \(body.count) are not what was written")
            }
        }
    }

    func unfinishedSnapshots() throws {
        guard try hasSnapshots() else { return }
        let snapshot = try Samples.snapshot(at: 30, size: 9000)
        let body = Samples.body(of: snapshot.id)
        try withWriter(creating: .first) { writer in
            guard writer.size == 0 else { throw failure("a new body has \(writer.size) bytes") }
            try append(body, to: writer)
            try expectMissing(snapshot, "that is being taken")
        }
        try expectMissing(snapshot, "that was not finished")
        try withWriter(resuming: snapshot) { writer in
            try append(body, to: writer)
            try expectMissing(snapshot, "that is being received")
        }
        try expectMissing(snapshot, "that was received and not finished")
        try reopen()
        try expectMissing(snapshot, "that was not finished before a restart")
        try check("after reopening with bodies that were not finished")
        try withWriter(creating: .first) { writer in
            guard writer.size == 0 else { throw failure("a body goes on where an earlier attempt ended") }
            try append(body, to: writer)
            writer.discard()
        }
        try withWriter(resuming: snapshot) { $0.discard() }
        try withWriter(resuming: snapshot) { writer in
            guard writer.size == 0 else { throw failure("\(writer.size) bytes are left of a part that was discarded") }
        }
        try expectMissing(snapshot, "that was discarded")
        try write(snapshot)
        try commitAndCheck("a snapshot after attempts", StorageBatch(group: .first, snapshot: snapshot))
    }

    func resumedSnapshots() throws {
        guard try hasSnapshots() else { return }
        let second = GroupID(rawValue: 2)
        let snapshot = try Samples.snapshot(at: 60, size: 20_000)
        let other = try Samples.snapshot(at: 7, size: 5000)
        var received = 0
        for (round, next) in [1, 4096, 4097, 15_000, 15_000, 20_000].enumerated() {
            try receive(snapshot, from: received, through: next)
            received = next
            try receive(other, of: second, from: 500 * round, through: 500 * (round + 1))
            // What this server takes itself is another file.
            try withWriter(creating: .first) { try append(Samples.body(of: other.id), to: $0) }
            if round % 2 == 1 { try reopen() }
        }
        for (snapshot, group) in [(snapshot, GroupID.first), (other, second)] {
            try write(snapshot, of: group, asReceived: true)
            try commitAndCheck(
                "a snapshot that was received in parts", StorageBatch(group: group, snapshot: snapshot))
        }
    }

    func snapshotIdentity() throws {
        guard try hasSnapshots() else { return }
        let snapshot = try Samples.snapshot(at: 50, size: 6000)
        let later = try Samples.snapshot(at: 60, size: 6000)
        // What another leader made of the same position.
        let other = try Samples.snapshot(at: 50, size: 5000)
        try receive(snapshot, from: 0, through: 4000)
        try reopen()
        try receive(later, from: 0, through: 100)
        try reopen()
        try receive(snapshot, from: 0, through: 3000)
        try receive(other, from: 0, through: 2000)
        try receive(snapshot, from: 0, through: 10)
        try receive(other, from: 0, through: 2000)
        try write(other, asReceived: true)
        try commitAndCheck("the snapshot that was sent last", StorageBatch(group: .first, snapshot: other))
    }

    /// Goes on with a part, and lets go of it.
    private func receive(
        _ snapshot: Snapshot, of group: GroupID = .first, from start: Int, through end: Int
    ) throws {
        try withWriter(resuming: snapshot, of: group) { writer in
            guard writer.size == UInt64(start) else {
                throw failure(
                    "a part of snapshot \(snapshot.id) of group \(group) goes on at byte \(writer.size), not at \(start)"
                )
            }
            try append(Array(Samples.body(of: snapshot.id)[start..<end]), to: writer)
        }
    }

    // MARK: What the others share

    /// Writes a body whole, from where it is.
    func write(_ snapshot: Snapshot, of group: GroupID = .first, asReceived: Bool = false) throws {
        try write(snapshot, of: group, asReceived: asReceived, to: storage)
    }

    func write(
        _ snapshot: Snapshot, of group: GroupID = .first, asReceived: Bool = false, to storage: any LogStorage
    ) throws {
        guard let store = storage.snapshots else { return }
        let writer = try asReceived ? store.resume(snapshot, for: group) : store.create(for: group)
        guard writer.size <= snapshot.size else { throw failure("a part has more bytes than its snapshot") }
        try append(Array(Samples.body(of: snapshot.id).dropFirst(Int(writer.size))), to: writer)
        guard writer.size == snapshot.size else {
            throw failure("a body of \(snapshot.size) bytes says that it has \(writer.size)")
        }
        try writer.finish(as: snapshot)
    }

    /// In two pieces, one of them odd.
    private func append(_ bytes: [UInt8], to writer: any SnapshotWriter) throws {
        let cut = bytes.count / 3
        try bytes[..<cut].withUnsafeBytes { try writer.append($0) }
        try bytes[cut...].withUnsafeBytes { try writer.append($0) }
    }

    func expectMissing(_ snapshot: Snapshot, of group: GroupID = .first, _ which: String) throws {
        try expect(.missing, from: "opening a snapshot \(which)") {
            _ = try storage.snapshots?.open(snapshot.id, of: group)
        }
    }

    /// Lets go of the writer when `body` is over.
    private func withWriter(creating group: GroupID, _ body: (any SnapshotWriter) throws -> Void) throws {
        if let writer = try storage.snapshots?.create(for: group) { try body(writer) }
    }

    private func withWriter(
        resuming snapshot: Snapshot, of group: GroupID = .first, _ body: (any SnapshotWriter) throws -> Void
    ) throws {
        if let writer = try storage.snapshots?.resume(snapshot, for: group) { try body(writer) }
    }
}
