import RaftCore
import RaftMembership

extension StorageTrial {
    /// Writes entries to a disk without room until they are refused; then what the reserve is for.
    func reserve() throws {
        try commit(
            StorageBatch(
                group: .first, entries: StorageSamples.commands(1, 100, size: 1000),
                hardState: StorageSamples.hardState(1)))
        guard let recording = options.recorder?.start(directory) else {
            throw failure("the recorder cannot be started")
        }
        defer { recording.stop() }
        recording.fail(.noGrowth)
        for size in [16_000, 1000, 0] { try fill(with: size) }
        if let call = recording.calls().first(where: { $0.kind == .failed(.write) }) {
            throw failure("entries were not refused before \(call): they used up what was reserved")
        }
        guard try !storage.hasRoom(forEntries: 1000) else {
            throw failure("a disk that refuses entries is said to have room for them")
        }
        var noOp = EntryBatchBuilder(firstIndex: model[.first].last.index.next)
        noOp.append(.noOp, term: model[.first].last.term, payload: [])
        try commit(StorageBatch(group: .first, entries: noOp.finish()))
        try check("when the disk was full, and a no-op came")
        for round in 0..<20 {
            try commit(
                StorageBatch(group: .first, hardState: StorageSamples.hardState(Term(UInt64(round + 2)))),
                StorageBatch(group: GroupID(rawValue: 2), hardState: StorageSamples.hardState(Term(UInt64(round + 1)))))
        }
        try check("when the disk was full, and hard states came")
        let last = model[.first].last
        try commit(
            StorageBatch(group: .first, purgeThrough: LogID(term: last.term, index: last.index.previous)))
        try check("when the disk was full, and a purge came")
        recording.fail(nil)
        guard try storage.hasRoom(forEntries: 1000) else {
            throw failure("a disk with room again is said to have none")
        }
        try commitAndCheck(
            "entries when there was room again",
            StorageBatch(group: .first, entries: StorageSamples.commands(last.index.next, 200, size: 1000)))
    }

    /// Commits entries of `size` bytes, ten at a time, until there is no room for them.
    func fill(with size: Int) throws {
        while model[.first].entries.count < options.mostEntries {
            let last = model[.first].last
            let batch = StorageBatch(
                group: .first, entries: StorageSamples.commands(last.index.next, 10, term: last.term, size: size))
            do {
                try storage.commit([batch])
            } catch let error as StorageError where error.code == .full {
                return try check("after entries were refused")
            } catch {
                throw failure("a full disk was told as something else: \(error)")
            }
            model.apply(batch)
        }
    }
}
