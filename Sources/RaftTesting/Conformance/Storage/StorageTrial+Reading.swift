import RaftCore
import RaftMembership

extension StorageTrial {
    /// Entries as the storage gives them, from `range` on.
    private func read(_ range: Range<LogIndex>, maxBytes: Int = .max) throws -> EntryBatch {
        do {
            return try storage.entries(of: .first, in: range, maxBytes: maxBytes)
        } catch {
            throw failure("entries \(range.lowerBound)..<\(range.upperBound) that are there threw: \(error)")
        }
    }

    func entryRanges() throws {
        let all = StorageSamples.commands(1, 60)
        for first in stride(from: 1, through: 51, by: 10) {
            try commit(StorageBatch(group: .first, entries: all.slice(from: LogIndex(UInt64(first)), maxCount: 10)))
        }
        try commit(StorageBatch(group: .first, purgeThrough: LogID(term: 1, index: 7)))
        for _ in 0..<2 {
            for _ in 0..<100 {
                let lower = LogIndex(random.next(in: 8...60))
                let upper = LogIndex(random.next(in: lower.rawValue + 1...70))
                let found = try read(lower..<upper)
                guard !found.isEmpty, found.firstIndex == lower, found.lastIndex < upper, found.lastIndex <= 60 else {
                    throw failure(
                        "entries in \(lower)..<\(upper) came as \(found.count) from \(found.firstIndex) on; the last one is 60"
                    )
                }
                guard found == all.slice(from: lower, maxCount: found.count) else {
                    throw failure("entries in \(lower)..<\(upper) have other bytes than were committed")
                }
            }
            try reopen()
        }
    }

    func entryBytes() throws {
        let all = EntryBatch.joining([
            StorageSamples.commands(1, 1, size: 5000), StorageSamples.commands(2, 40, size: 100),
            StorageSamples.commands(42, 1, size: 70_000), StorageSamples.commands(43, 5, size: 0),
        ])
        try commit(StorageBatch(group: .first, entries: all))
        for limit in [-1, 0, 1, 131, 132, 263, 264, 1000, 5031, 5032, 5164, 80_000] {
            for lower in [1, 2, 30, 41, 42, 43, 47] {
                let lower = LogIndex(UInt64(lower))
                let found = try read(lower..<48, maxBytes: limit)
                guard !found.isEmpty, found.firstIndex == lower, found.lastIndex < 48 else {
                    throw failure("of at most \(limit) bytes from entry \(lower) on there came \(found.count) entries")
                }
                guard found.count == 1 || found.byteCount <= limit else {
                    throw failure("of at most \(limit) bytes from entry \(lower) on there came \(found.byteCount)")
                }
                guard found == all.slice(from: lower, maxCount: found.count) else {
                    throw failure("entries from \(lower) on have other bytes than were committed")
                }
            }
        }
    }

    func missingEntries() throws {
        func expectMissing(_ index: LogIndex, _ when: String) throws {
            try expect(.missing, from: "asking for entry \(index), \(when),") {
                _ = try storage.entries(of: .first, in: index..<index + 5, maxBytes: .max)
            }
        }
        try expectMissing(1, "of a group that was never written")
        try commit(StorageBatch(group: .first, entries: StorageSamples.commands(1, 20)))
        try commit(StorageBatch(group: .first, purgeThrough: LogID(term: 1, index: 6)))
        try commit(StorageBatch(group: .first, truncateAfter: 15))
        for _ in 0..<2 {
            try expectMissing(1, "which was purged")
            try expectMissing(6, "which is the base")
            try expectMissing(16, "which was truncated")
            try expectMissing(2000, "which was never written")
            try expect(.missing, from: "asking for entry 7 of another group") {
                _ = try storage.entries(of: GroupID(rawValue: 2), in: 7..<9, maxBytes: .max)
            }
            try check("after purging and truncating")
            try reopen()
        }
        try commit(StorageBatch(group: .first, purgeThrough: LogID(term: 2, index: 100)))
        try expectMissing(15, "which a position past the end replaced")
        try expectMissing(101, "which follows the base")
    }

    func largeEntries() throws {
        var index: LogIndex = 1
        for size in [0, 1, 2000, 4096, 65_536, options.largestEntry] {
            try commitAndCheck(
                "an entry of \(size) bytes",
                StorageBatch(group: .first, entries: StorageSamples.commands(index, 1, size: size)))
            index = index.next
        }
        try commitAndCheck("truncating the largest", StorageBatch(group: .first, truncateAfter: 4))
        try commitAndCheck(
            "smaller ones in its place", StorageBatch(group: .first, entries: StorageSamples.commands(5, 3, term: 2)))
    }

    func manyEntries() throws {
        let count = options.mostEntries
        try commit(StorageBatch(group: .first, entries: StorageSamples.commands(1, count, size: 8)))
        try commitAndCheck(
            "\(count) entries and more",
            StorageBatch(
                group: .first, entries: StorageSamples.commands(LogIndex(UInt64(count + 1)), count / 4, term: 2)))
        try commitAndCheck(
            "purging half of many",
            StorageBatch(group: .first, purgeThrough: LogID(term: 1, index: LogIndex(UInt64(count / 2)))))
        try commitAndCheck(
            "truncating most of many", StorageBatch(group: .first, truncateAfter: LogIndex(UInt64(count / 2 + 3))))
    }
}
