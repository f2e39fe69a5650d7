import RaftCore
import RaftTesting
import Testing

@testable import RaftKeyValue

/// Rule Q1: a restore through the log takes effect at one entry, or not at all.
@Suite("A restore of the key-value machine through its commands")
struct KeyValueRestorationTests {
    private func entries(_ range: Range<UInt8>) -> [KeyValueEntry] {
        range.map { KeyValueEntry(key: [$0], value: [$0, 1]) }
    }

    private var machine: KeyValueMachine { KeyValueMachine(entries: [KeyValueEntry(key: [200], value: [9])]) }

    @Test("Nothing of it shows before its end, and then all of it, and nothing else (Q1)")
    func atomic() {
        var machine = machine
        let before = Array(machine.entries)
        #expect(machine.apply(.beginRestore(7)) == .restoring(next: 0))
        #expect(machine.apply(.restore(7, chunk: 0, entries: entries(0..<3))) == .restoring(next: 1))
        #expect(machine.apply(.restore(7, chunk: 1, entries: entries(3..<5))) == .restoring(next: 2))
        #expect(Array(machine.entries) == before)
        // A write in between is part of what is replaced.
        #expect(machine.apply(.put(key: [201], value: [])) == .ok(existed: false))
        #expect(machine.apply(.endRestore(7, chunks: 2, keys: 5)) == .restored(before: 2, after: 5))
        #expect(Array(machine.entries) == entries(0..<5))
    }

    @Test("Each command may come twice, and what came late or out of turn changes nothing (Q1, W1)")
    func repeated() {
        var machine = machine
        for _ in 1...2 { #expect(machine.apply(.beginRestore(7)) == .restoring(next: 0)) }
        for _ in 1...2 {
            #expect(machine.apply(.restore(7, chunk: 0, entries: entries(0..<3))) == .restoring(next: 1))
        }
        #expect(machine.apply(.beginRestore(7)) == .restoring(next: 1))
        #expect(machine.apply(.restore(7, chunk: 2, entries: entries(3..<4))) == .restoring(next: 1))
        #expect(machine.apply(.endRestore(7, chunks: 2, keys: 3)) == .restoring(next: 1))
        #expect(machine.apply(.endRestore(7, chunks: 1, keys: 4)) == .restoring(next: 1))
        #expect(Array(machine.entries) == Array(self.machine.entries))
        #expect(machine.apply(.endRestore(7, chunks: 1, keys: 3)) == .restored(before: 1, after: 3))
        _ = machine.apply(.put(key: [50], value: []))
        #expect(machine.apply(.endRestore(7, chunks: 1, keys: 3)) == .restored(before: 1, after: 3))
        #expect(machine.count == 4)
        #expect(machine.apply(.restore(7, chunk: 1, entries: [])) == .noRestoration)
    }

    @Test("A later restore takes the place of one that never ended, and one may be given up (Q1)")
    func superseded() {
        var machine = machine
        _ = machine.apply(.beginRestore(7))
        _ = machine.apply(.restore(7, chunk: 0, entries: entries(0..<3)))
        #expect(machine.apply(.beginRestore(8)) == .restoring(next: 0))
        #expect(machine.apply(.restore(7, chunk: 1, entries: [])) == .noRestoration)
        #expect(machine.apply(.endRestore(7, chunks: 1, keys: 3)) == .noRestoration)
        #expect(machine.apply(.abandonRestore(7)) == .noRestoration)
        #expect(machine.apply(.abandonRestore(8)) == .ok(existed: true))
        #expect(machine.apply(.endRestore(8, chunks: 0, keys: 0)) == .noRestoration)
        #expect(Array(machine.entries) == Array(self.machine.entries))
        #expect(machine.restoration.isEmpty)
    }

    @Test("A snapshot in the middle takes along what was gathered, and how the last one ended (Q1, S1)")
    func snapshots() throws {
        func copied(_ machine: KeyValueMachine) throws -> KeyValueMachine {
            var copy = KeyValueMachine()
            try copy.restore(from: SnapshotSource(try #require(machine.snapshot()).bytes(pieceSize: 100), pieceSize: 9))
            return copy
        }
        var machine = machine
        _ = machine.apply(.beginRestore(7))
        _ = machine.apply(.restore(7, chunk: 0, entries: entries(0..<100)))
        machine = try copied(machine)
        #expect(Array(machine.entries) == Array(self.machine.entries))
        #expect(machine.apply(.restore(7, chunk: 1, entries: entries(100..<120))) == .restoring(next: 2))
        #expect(machine.apply(.endRestore(7, chunks: 2, keys: 120)) == .restored(before: 1, after: 120))
        _ = machine.apply(.beginRestore(8))
        machine = try copied(machine)
        #expect(machine.apply(.endRestore(7, chunks: 2, keys: 120)) == .restored(before: 1, after: 120))
        #expect(machine.apply(.endRestore(8, chunks: 0, keys: 0)) == .restored(before: 120, after: 0))
        #expect(try copied(machine).count == 0)
    }

    @Test("A snapshot of a machine that restores is as documented, and cut anywhere it is refused (Q1, V15)")
    func format() throws {
        var machine = KeyValueMachine(entries: [KeyValueEntry(key: [0x6B], value: [1])])
        _ = machine.apply(.beginRestore(6))
        _ = machine.apply(.endRestore(6, chunks: 0, keys: 0))
        _ = machine.apply(.beginRestore(7))
        _ = machine.apply(.restore(7, chunk: 0, entries: [KeyValueEntry(key: [0x6C], value: [2])]))
        let bytes = try #require(machine.snapshot()).bytes(pieceSize: 100)
        let number = [0, 0, 0, 0, 0, 0, 0] as [UInt8]
        let expected =
            [2] + [0] + number + [3] + [7] + number + [1, 0, 0, 0] + [1] + number
            + [1, 0, 0x6C, 1, 0, 0, 0, 2] + [6] + number + [1] + number + [0] + number
        #expect(bytes == expected)
        for count in bytes.indices {
            var copy = KeyValueMachine()
            #expect(throws: StorageError.self) {
                try copy.restore(from: SnapshotSource(Array(bytes[..<count]), pieceSize: .max))
            }
        }
        var wrong = bytes
        wrong[9] = 4
        var copy = KeyValueMachine()
        #expect(throws: StorageError.self) { try copy.restore(from: SnapshotSource(wrong, pieceSize: .max)) }
    }
}
