import Glibc
import RaftCore
import RaftMembership
import Testing

@testable import RaftStorageLMDB

@Suite("Bytes that are not what was written are found, told and never served")
struct DamageTests {
    let place: TemporaryDirectory

    init() throws { place = try TemporaryDirectory() }

    private func filled(_ entries: EntryBatch) throws -> [UInt8] {
        let storage = try place.open()
        try storage.commit([StorageBatch(group: .first, entries: entries, hardState: hardState(1))])
        storage.close()
        return try place.bytes()
    }

    /// Changes one byte in the middle of an entry, wherever it lies.
    static func spoil(_ bytes: inout [UInt8], entry: LogIndex, _ entries: EntryBatch) throws {
        let wanted = entries.slice(from: entry, maxCount: 1).withUnsafeBytes { [UInt8]($0) }
        try spoil(&bytes, wanted, at: wanted.count - 5)
    }

    static func spoil(_ bytes: inout [UInt8], _ wanted: [UInt8], at offset: Int) throws {
        var places: [Int] = []
        for position in 0..<(bytes.count - wanted.count) where bytes[position] == wanted[0] {
            if bytes[position..<position + wanted.count].elementsEqual(wanted) { places.append(position) }
        }
        #expect(!places.isEmpty)
        for position in places { bytes[position + offset] ^= 0x10 }
    }

    @Test("A changed byte in an entry is damage at its index, at start and when it is read (D3)")
    func entry() throws {
        let entries = commands(1, 20)
        var bytes = try filled(entries)
        try Self.spoil(&bytes, entry: 13, entries)
        try place.replace(with: bytes)
        let storage = try place.open()
        let recovered = try storage.recover(.first)
        #expect(recovered.terms.last.index == 12 && recovered.damage?.firstIndex == 13)
        // Where the log ends is known apart from its entries.
        #expect(recovered.damage?.last == entries.id(at: 19))
        #expect(recovered.damage?.description == "entries 13")
        #expect(try storage.entries(of: .first, in: 1..<13, maxBytes: .max).count == 12)
        #expect(storageError { _ = try storage.entries(of: .first, in: 1..<14, maxBytes: .max) }?.code == .damaged)
        storage.close()

        let inspection = try LMDBInspection(directory: place.data)
        #expect(!inspection.isIntact)
        #expect(inspection.groups.first?.damage.map(\.index) == [13])
        #expect(inspection.groups.first?.entryCount == 19)
    }

    @Test("What does not agree goes in the write that brings back what does, whether that could be read or not (D3)")
    func repairAndCut() throws {
        let entries = commands(1, 6)
        var bytes = try filled(entries)
        for index: LogIndex in [4, 5] { try Self.spoil(&bytes, entry: index, entries) }
        try place.replace(with: bytes)
        let storage = try place.open()
        #expect(try storage.recover(.first).damage?.last?.index == 6)
        let repairs = commands(4, 2, term: 9)
        try storage.commit([
            StorageBatch(group: .first, truncateAfter: 5, repairs: repairs, hardState: hardState(9))
        ])
        storage.close()
        let found = try place.recovered()
        #expect(found.terms.last == repairs.id(at: 1) && found.damage == nil)
    }

    @Test("A cut behind an entry that has rotted stops the node, and leaves the rest to the next start (D3)")
    func cutBehindDamage() throws {
        let entries = commands(1, 6)
        var bytes = try filled(entries)
        try Self.spoil(&bytes, entry: 4, entries)
        try place.replace(with: bytes)
        let storage = try place.open()
        let error = storageError { try storage.commit([StorageBatch(group: .first, truncateAfter: 4)]) }
        #expect(error?.code == .damaged && error?.message.contains("log entry 4") == true)
        storage.close()
        #expect(!place.exists("DIRTY"))
        #expect(try place.recovered().damage?.firstIndex == 4)
    }

    @Test("An entry whose version byte has rotted is damaged, and not of a newer release (D3, L13)")
    func version() throws {
        let entries = commands(1, 6)
        let bytes = try filled(entries)
        for version: UInt8 in [0, 2] {
            var spoilt = bytes
            let wanted = entries.slice(from: 4, maxCount: 1).withUnsafeBytes { [UInt8]($0) }
            for position in 0..<(bytes.count - wanted.count)
            where bytes[position] == wanted[0] && bytes[position..<position + wanted.count].elementsEqual(wanted) {
                spoilt[position] = version
            }
            try place.replace(with: spoilt)
            #expect(try place.recovered().damage?.description == "entries 4")
        }
    }

    @Test("Damaged entries are replaced in place, in one transaction, and what stands behind them stays (D3)")
    func repair() throws {
        let entries = commands(1, 20)
        var bytes = try filled(entries)
        for index in [5, 13, 14, 20] as [LogIndex] { try Self.spoil(&bytes, entry: index, entries) }
        try place.replace(with: bytes)
        let storage = try place.open()
        #expect(try storage.recover(.first).damage?.description == "entries 5, 13 to 14, 20")
        try storage.commit([StorageBatch(group: .first, repairs: entries.slice(from: 5, maxCount: 9))])
        #expect(try storage.recover(.first).damage?.firstIndex == 14)
        try storage.commit([
            StorageBatch(group: .first, repairs: entries.slice(from: 14), entries: commands(21, 2))
        ])
        storage.close()
        let whole = try place.recovered()
        #expect(whole.damage == nil && whole.terms.last.index == 22)
        let again = try place.open()
        #expect(try again.entries(of: .first, in: 1..<21, maxBytes: .max) == entries)
        again.close()
        #expect(try LMDBInspection(directory: place.data).isIntact)
    }

    @Test("Repairs out of the log, or of another last entry, are refused (D3)")
    func impossibleRepairs() throws {
        let storage = try place.open()
        defer { storage.close() }
        try storage.commit([StorageBatch(group: .first, entries: commands(1, 5), hardState: hardState(1))])
        var later = EntryBatchBuilder(firstIndex: 5)
        later.append(.command, term: 9, payload: [])
        for repairs in [commands(5, 2), commands(7, 1), later.finish()] {
            #expect(
                storageError { try storage.commit([StorageBatch(group: .first, repairs: repairs)]) }?.code == .misuse)
        }
        #expect(try storage.recover(.first).terms.last.index == 5)
    }

    @Test("A changed byte in the hard state is damage (D3, M10)")
    func hardStateRecord() throws {
        var bytes = try filled(commands(1, 3))
        try Self.spoil(&bytes, hardState(1).encoded(), at: 40)
        try place.replace(with: bytes)
        let storage = try place.open()
        let error = storageError { _ = try storage.recover(.first) }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains("hard state") == true)
        storage.close()
        let group = try #require(try LMDBInspection(directory: place.data).groups.first)
        #expect(group.hardState == nil)
        #expect(group.damage.count == 1)
        #expect(group.entryCount == 3)
    }

    @Test("A file that was cut short is refused before it is mapped", arguments: [0, 100, 4096, 8192, 12_000])
    func truncated(_ size: Int) throws {
        let bytes = try filled(commands(1, 2000))
        try place.replace(with: [UInt8](bytes[..<size]))
        #expect(storageError { _ = try place.open() }?.code == .damaged)
        #expect(try LMDBInspection(directory: place.data).damage.count == 1)
    }

    @Test("A file of something else is refused")
    func garbage() throws {
        _ = try filled(commands(1, 2))
        var dice = Dice(seed: 1)
        try place.replace(with: (0..<100_000).map { _ in UInt8.random(in: 0...255, using: &dice) })
        let error = storageError { _ = try place.open() }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains("\n") == false)
        try place.replace(with: [UInt8](repeating: 0, count: 100_000))
        #expect(storageError { _ = try place.open() }?.code == .damaged)
    }

    @Test("A page of zeros anywhere among those in use is found, or holds nothing (D3)")
    func zeroPages() throws {
        let storage = try place.open()
        for round in 0..<8 {
            try storage.commit([
                StorageBatch(group: .first, entries: commands(LogIndex(UInt64(round * 60 + 1)), 60, size: 200))
            ])
        }
        try storage.commit([StorageBatch(group: .first, entries: commands(481, 3, size: 9000))])
        storage.close()
        let before = try place.recovered()
        let bytes = try place.bytes()
        let used = try LMDBInspection(directory: place.data).usedBytes
        for page in stride(from: 0, to: used, by: 4096) {
            var spoiled = bytes
            spoiled.replaceSubrange(page..<page + 4096, with: repeatElement(0, count: 4096))
            try place.replace(with: spoiled)
            do {
                Self.expect(try place.recovered(), toBe: before, "page \(page / 4096)")
            } catch let error as StorageError {
                #expect(error.code == .damaged)
            }
        }
    }

    @Test("A write that the disk lost, so that a page holds what it held before, is found (D3)")
    func lostWrites() throws {
        let storage = try place.open()
        var older: [[UInt8]] = []
        for round in 0..<12 {
            let first = LogIndex(UInt64(round * 9 + 1))
            try storage.commit([
                StorageBatch(
                    group: .first, entries: commands(first, 9, size: 150), hardState: hardState(Term(UInt64(round))))
            ])
            older.append(try place.bytes())
        }
        storage.close()
        let before = try place.recovered()
        let newest = older.removeLast()
        let used = try LMDBInspection(directory: place.data).usedBytes
        for (age, image) in older.enumerated() {
            // The meta pages apart: without the newer one there is the state of one commit before, as M10 finds.
            for page in stride(from: 8192, to: min(used, image.count), by: 4096) {
                guard image[page..<page + 4096] != newest[page..<page + 4096] else { continue }
                var spoiled = newest
                spoiled.replaceSubrange(page..<page + 4096, with: image[page..<page + 4096])
                try place.replace(with: spoiled)
                do {
                    Self.expect(try place.recovered(), toBe: before, "page \(page / 4096) as after commit \(age)")
                } catch let error as StorageError {
                    #expect(error.code == .damaged)
                }
            }
        }
    }

    /// The same, or the same as far as it is said to be intact.
    private static func expect(_ found: RecoveredGroup, toBe before: RecoveredGroup, _ what: String) {
        guard let damage = found.damage else {
            #expect(found == before, "\(what)")
            return
        }
        var intact = before.terms
        intact.truncate(after: damage.firstIndex.previous)
        #expect(found.terms == intact && found.hardState == before.hardState, "\(what)")
        #expect(damage.last == before.terms.last, "\(what)")
    }

    @Test("What a repair left behind it, of an earlier term, is in the way of no snapshot (D3, S2)")
    func leftover() throws {
        let storage = try place.open()
        try storage.commit([
            StorageBatch(group: .first, entries: commands(1, 2), hardState: hardState(6)),
            StorageBatch(group: .first, entries: commands(3, 2, term: 3)),
            StorageBatch(group: .first, entries: commands(5, 1, term: 6)),
        ])
        // A full disk took the repair of entry 3 and not the cut behind it.
        try storage.commit([StorageBatch(group: .first, repairs: commands(3, 1, term: 5))])
        #expect(throws: StorageError.self) {
            try storage.commit([StorageBatch(group: .first, purgeThrough: LogID(term: 2, index: 4))])
        }
        storage.close()
        let again = try place.open()
        #expect(try again.recover(.first).terms.last == LogID(term: 5, index: 3))
        try again.commit([StorageBatch(group: .first, purgeThrough: LogID(term: 5, index: 4))])
        let found = try again.recover(.first)
        again.close()
        #expect(found.terms.base == LogID(term: 5, index: 4) && found.terms.last == LogID(term: 6, index: 5))
    }

    // The transaction's number on a meta page has no checksum: when it changes to a lower one that fits, the state is
    // that of one commit before, whole and consistent. Such a step back is what M10 finds; those bytes are left alone.
    @Test("Whatever byte changes, the result is the same data or an error, never a crash (D3)", arguments: [1, 2, 3])
    func flips(seed: UInt64) throws {
        let storage = try place.open()
        let second = GroupID(rawValue: 2)
        for round in 0..<20 {
            let first = LogIndex(UInt64(round * 12 + 1))
            try storage.commit([
                StorageBatch(
                    group: .first, entries: commands(first, 12, size: 150), hardState: hardState(Term(UInt64(round)))),
                StorageBatch(group: second, entries: commands(first, 12, size: round % 5 == 0 ? 3000 : 10)),
            ])
        }
        try storage.commit([StorageBatch(group: .first, purgeThrough: LogID(term: 1, index: 100))])
        storage.close()
        let before = try [place.recovered(), place.recovered(second)]
        let bytes = try place.bytes()
        let used = try LMDBInspection(directory: place.data).usedBytes
        var dice = Dice(seed: seed)
        for _ in 0..<250 {
            // Page heads and nodes more often than values, meta pages most often.
            let page = Int.random(in: 0..<3, using: &dice) == 0 ? Int.random(in: 0..<2, using: &dice) : nil
            let start = (page ?? Int.random(in: 0..<used / 4096, using: &dice)) * 4096
            let offset = start + Int.random(in: 0..<(Bool.random(using: &dice) ? 160 : 4096), using: &dice)
            if [144, 4096 + 144].contains(where: { ($0..<$0 + 8).contains(offset) }) { continue }
            var spoiled = bytes
            spoiled[offset] ^= 1 << UInt8.random(in: 0..<8, using: &dice)
            try place.replace(with: spoiled)
            do {
                let storage = try place.open()
                defer { storage.close() }
                let found = try [storage.recover(.first), storage.recover(second)]
                for (one, other) in zip(found, before) { Self.expect(one, toBe: other, "byte \(offset), seed \(seed)") }
                try storage.commit([StorageBatch(group: .first, truncateAfter: 150, entries: commands(151, 20))])
            } catch let error as StorageError {
                #expect([.damaged, .tooNew].contains(error.code), "byte \(offset), seed \(seed): \(error)")
            }
        }
    }
}
