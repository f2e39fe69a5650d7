import Glibc
import RaftCore
import RaftMembership

/// Snapshots whose making is cut off, or fails.
extension StorageTrial {
    private typealias Samples = StorageSamples

    /// Writes bodies and names them, each with what belongs to it in one commit, and crashes that at every call: the
    /// snapshot before with its body is there, or the one after with its own.
    func snapshotCrashes() throws {
        guard storage.snapshots != nil else { return }
        for kind in [CrashKind.killed, .powerLost, .powerLostAfterKill] {
            let trial = try StorageTrial(property, options: options, open: opener)
            defer { trial.close() }
            try trial.crashSnapshots(kind)
        }
    }

    private func crashSnapshots(_ kind: CrashKind) throws {
        guard try hasSnapshots() else { return }
        func crash(_ what: String, _ snapshot: Snapshot, asReceived: Bool = false, _ batch: StorageBatch) throws {
            let storage = self.storage
            _ = try record(kind, what, in: directory, [batch]) {
                try write(snapshot, asReceived: asReceived, to: storage)
                try storage.commit([batch])
                return storage
            }
        }
        let first = try Samples.snapshot(at: 10, size: 3000)
        try crash(
            "a snapshot", first, StorageBatch(group: .first, snapshot: first, hardState: Samples.hardState(3)))
        let second = try Samples.snapshot(at: 30, size: 2000)
        try crash(
            "a snapshot and a purge", second,
            StorageBatch(
                group: .first, snapshot: second, purgeThrough: LogID(term: 2, index: 25),
                hardState: Samples.hardState(4)))
        let third = try Samples.snapshot(at: 500, term: 5, size: 5000)
        try crash(
            "a snapshot that was received, past the end", third, asReceived: true,
            StorageBatch(
                group: .first, snapshot: third, purgeThrough: third.last, hardState: Samples.hardState(5)))
        let fourth = try Samples.snapshot(at: 504, term: 5, size: 600)
        try crash(
            "entries, a snapshot of them and a purge", fourth,
            StorageBatch(
                group: .first, entries: Samples.commands(501, 4, term: 5), snapshot: fourth, purgeThrough: fourth.last,
                hardState: Samples.hardState(6)))
    }

    /// Lets each call fail by which a body is written and named. A body that failed is not found, and can be written anew;
    /// what a failed sync was to cover counts for nothing.
    func snapshotFailures() throws {
        guard try hasSnapshots() else { return }
        let old = try Samples.snapshot(at: 10, size: 3000)
        try write(old)
        try commit(StorageBatch(group: .first, snapshot: old))
        close()
        let image = try image(of: directory)
        let next = try Samples.snapshot(at: 30, size: 4000)
        let batch = StorageBatch(
            group: .first, snapshot: next, purgeThrough: next.last, hardState: Samples.hardState(5))
        for asReceived in [false, true] {
            for place in 0... {
                var isWritten = false
                let failed = try attempt(in: image, .once(after: place), "a snapshot") { storage in
                    try write(next, asReceived: asReceived, to: storage)
                    isWritten = true
                    try storage.commit([batch])
                }
                guard let failed else { break }
                defer { failed.end() }
                if !isWritten { try writeAnew(next, asReceived: asReceived, after: failed, naming: batch) }
                try checkTheRest(of: failed, [batch])
            }
        }
    }

    private func writeAnew(
        _ snapshot: Snapshot, asReceived: Bool, after failed: FailedCommit, naming batch: StorageBatch
    ) throws {
        let what = failed.what
        guard failed.error is StorageError else {
            throw failure("\(what), threw no StorageError: \(failed.error.map { "\($0)" } ?? "nothing")")
        }
        try expect(.missing, from: "\(what), and then opening it") {
            _ = try failed.storage.snapshots?.open(snapshot.id, of: .first)
        }
        if let difference = try model.difference(from: failed.storage, groups: Samples.groups) {
            throw failure("\(what), and then \(difference)")
        }
        do {
            try write(snapshot, asReceived: asReceived, to: failed.storage)
            try failed.storage.commit([batch])
        } catch {
            throw failure("\(what), and it cannot be written anew: \(error)")
        }
        failed.error = nil
    }

    /// Writes bodies to a disk without room; then, when a reserve is kept, fills it with entries, and names a snapshot.
    func snapshotFullDisk() throws {
        guard try hasSnapshots() else { return }
        let old = try Samples.snapshot(at: 10)
        try write(old)
        try commit(StorageBatch(group: .first, snapshot: old))
        guard let recording = options.recorder?.start(directory) else {
            throw failure("the recorder cannot be started")
        }
        defer { recording.stop() }
        let next = try Samples.snapshot(at: 90, size: 5000)
        for asReceived in [false, true] {
            for place in 0...1 {
                recording.fail(.noRoom(after: place))
                try expect(.full, from: "a body that finds no room") { try write(next, asReceived: asReceived) }
                try expectMissing(next, "that found no room")
                try check("after a body found no room")
            }
        }
        recording.fail(nil)
        try write(next, asReceived: true)
        if options.keepsReserve {
            recording.fail(.noGrowth)
            try fill(with: 1000)
        }
        try commit(
            StorageBatch(group: .first, snapshot: next, purgeThrough: next.last, hardState: Samples.hardState(9)))
        try check("after a snapshot and a purge on a full disk")
        recording.fail(nil)
        try commitAndCheck(
            "entries when there was room again",
            StorageBatch(
                group: .first,
                entries: Samples.commands(model[.first].last.index.next, 20, term: model[.first].last.term)))
    }
}
