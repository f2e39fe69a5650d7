import Glibc
import RaftCore
import RaftMembership

extension StorageTrial {
    private typealias Samples = StorageSamples

    /// Commits what must be refused, and checks that nothing of it stays. After a refusal the framework stops using a
    /// storage: what counts is what the next start finds.
    func expectRefusal(_ what: String, _ batches: StorageBatch...) throws {
        try expect(.misuse, from: what) { try storage.commit(batches) }
        try reopen()
        try check("after \(what) was refused")
    }

    func wrongCalls() throws {
        try commit(
            StorageBatch(
                group: .first, entries: Samples.commands(1, 20), purgeThrough: LogID(term: 1, index: 5),
                hardState: Samples.hardState(1)))
        try expectRefusal("a gap", StorageBatch(group: .first, entries: Samples.commands(22, 1)))
        try expectRefusal("an overlap", StorageBatch(group: .first, entries: Samples.commands(20, 2)))
        try expectRefusal("a truncation below the base", StorageBatch(group: .first, truncateAfter: 4))
        try expectRefusal(
            "a first entry other than 1", StorageBatch(group: GroupID(rawValue: 2), entries: Samples.commands(2, 1)))
        try commitAndCheck("what follows refusals", StorageBatch(group: .first, entries: Samples.commands(21, 1)))
    }

    func refusalIsWhole() throws {
        try commit(
            StorageBatch(group: .first, entries: Samples.commands(1, 20), hardState: Samples.hardState(1)))
        try expectRefusal(
            "a truncation with a gap after it",
            StorageBatch(group: .first, truncateAfter: 10, entries: Samples.commands(12, 1)))
        try expectRefusal(
            "a gap with a hard state",
            StorageBatch(group: .first, entries: Samples.commands(30, 1), hardState: Samples.hardState(9)))
        try expectRefusal(
            "a commit whose last batch has a gap",
            StorageBatch(group: .first, entries: Samples.commands(21, 3), hardState: Samples.hardState(2)),
            StorageBatch(group: GroupID(rawValue: 2), entries: Samples.commands(1, 3)),
            StorageBatch(group: .first, entries: Samples.commands(30, 1)))
    }

    func unknownKinds() throws {
        try commit(StorageBatch(group: .first, entries: Samples.commands(1, 3)))
        let stranger = Samples.entry(EntryKind(rawValue: 200), at: 4, term: 1, payload: [1, 2, 3])
        do {
            try storage.commit([StorageBatch(group: .first, entries: stranger)])
            try storage.commit([StorageBatch(group: .first, entries: Samples.commands(5, 2))])
        } catch is StorageError {
            return  // Refused where it came in: nothing is skipped either.
        }
        try expect(.tooNew, from: "recovering an entry of kind 200") {
            // Some look when they are opened.
            if options.keepsFiles {
                close()
                let reopened = try opener(directory)
                defer { reopened.close() }
                _ = try reopened.recover(.first)
            } else {
                _ = try storage.recover(.first)
            }
        }
    }

    func oneOpener() throws {
        try commit(StorageBatch(group: .first, entries: Samples.commands(1, 3)))
        try expect(.locked, from: "opening a directory that is open") { try opener(directory).close() }
        try commitAndCheck("a second opener", StorageBatch(group: .first, entries: Samples.commands(4, 1)))
    }

    func closing() throws {
        for round in 1...10 {
            try commit(StorageBatch(group: .first, entries: Samples.commands(LogIndex(UInt64(round)), 1)))
            close()
            let left = openFiles
            guard left.isEmpty else { throw failure("after close, \(left[0]) is still open") }
            try reopen()
            try check("after closing and reopening \(round) times")
        }
    }

    /// Files under the directory that this process has open.
    private var openFiles: [String] {
        var buffer = [CChar](repeating: 0, count: 4096)
        return ScratchDirectory.names(in: "/proc/self/fd").compactMap { number in
            let length = readlink("/proc/self/fd/\(number)", &buffer, buffer.count)
            guard length > 0 else { return nil }
            let path = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return path.hasPrefix(directory + "/") ? path : nil
        }
    }
}
