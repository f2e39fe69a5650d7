import RaftCore
import RaftTesting
import Testing

@testable import RaftKeyValue

@Suite("Snapshots of the key-value machine")
struct KeyValueSnapshotTests {
    static let golden = body(
        of: 3, [1, 0, 0x6B, 2, 0, 0, 0, 1, 2], [2, 0, 0x6B, 0, 0, 0, 0, 0], [1, 0, 0xFF, 1, 0, 0, 0, 9])
    static let entries = [
        KeyValueEntry(key: [0x6B], value: [1, 2]), KeyValueEntry(key: [0x6B, 0], value: []),
        KeyValueEntry(key: [0xFF], value: [9]),
    ]

    private static func bytes(_ machine: KeyValueMachine, pieceSize: Int = 256 << 10) throws -> [UInt8] {
        try #require(machine.snapshot()).bytes(pieceSize: pieceSize)
    }

    private static func restored(_ bytes: [UInt8], pieceSize: Int = .max) throws -> KeyValueMachine {
        var machine = KeyValueMachine(entries: [KeyValueEntry(key: [1, 2, 3], value: [4])])
        try machine.restore(from: SnapshotSource(bytes, pieceSize: pieceSize))
        return machine
    }

    @Test("A snapshot has the bytes that the format says, and comes back from them (S1)")
    func goldenBytes() throws {
        #expect(try Self.bytes(KeyValueMachine(entries: Self.entries.reversed())) == Self.golden)
        #expect(try Array(Self.restored(Self.golden).entries) == Self.entries)
        #expect(try Self.bytes(KeyValueMachine()) == [1, 0, 0, 0, 0, 0, 0, 0, 0])
        #expect(try Self.restored([1, 0, 0, 0, 0, 0, 0, 0, 0]).count == 0)
    }

    @Test("Entries at their limits pass; over them nothing is written")
    func limits() throws {
        let key = [UInt8](repeating: 1, count: KeyValueLimits.keyBytes)
        let value = [UInt8](repeating: 2, count: KeyValueLimits.valueBytes)
        let entries = [KeyValueEntry(key: key, value: value)]
        let machine = KeyValueMachine(entries: entries)
        #expect(try Array(Self.restored(Self.bytes(machine), pieceSize: 999).entries) == entries)
        for entry in [
            KeyValueEntry(key: [], value: []), KeyValueEntry(key: key + [1], value: []),
            KeyValueEntry(key: key, value: value + [1]),
        ] {
            #expect(throws: KeyValueCodingError.self) { try Self.bytes(KeyValueMachine(entries: [entry])) }
        }
    }

    /// A body that says it has so many entries, and then has these.
    private static func body(of count: UInt8, _ entries: [UInt8]...) -> [UInt8] {
        [1, count, 0, 0, 0, 0, 0, 0, 0] + Array(entries.joined())
    }

    static let damaged: [(what: String, bytes: [UInt8], message: String)] = [
        ("an empty key", body(of: 1, [0, 0, 0, 0, 0, 0, 0]), "entry 1 of 1"),
        ("a key over the limit", body(of: 1, [1, 0x10], [UInt8](repeating: 1, count: 9000)), "4097"),
        ("a key that is not there", body(of: 1, [9, 0, 1, 0, 0, 0, 0]), "entry 1 of 1"),
        ("a value over the limit", body(of: 1, [1, 0, 1, 1, 0, 0x10, 0]), "1048577"),
        ("a value that is not there", body(of: 1, [1, 0, 1, 0, 0, 0x10, 0]), "entry 1 of 1"),
        ("a key twice", body(of: 2, [1, 0, 7, 0, 0, 0, 0], [1, 0, 7, 0, 0, 0, 0]), "entry 2 of 2"),
        ("keys out of order", body(of: 2, [2, 0, 7, 0, 0, 0, 0, 0], [1, 0, 7, 0, 0, 0, 0]), "entry 2 of 2"),
        ("fewer entries", body(of: 2, [1, 0, 7, 7, 0, 0, 0], [1, 2, 3, 4, 5, 6, 7]), "entry 2 of 2"),
        ("more entries", body(of: 1, [1, 0, 7, 0, 0, 0, 0], [1, 0, 8, 0, 0, 0, 0]), "7 bytes follow"),
        ("a count beyond the bytes", [1] + [UInt8](repeating: 255, count: 8) + golden[9...], "cannot be in"),
        ("version 0", [0] + golden[1...], "version 0"),
        ("no version", [], "ends early"),
        ("no count", [1, 0, 0], "ends early"),
    ]

    @Test("What is not in the format is damage, and the entry is named (V15)", arguments: damaged.indices)
    func damage(_ row: Int) {
        let (what, bytes, message) = Self.damaged[row]
        let error = #expect(throws: StorageError.self, "\(what)") { try Self.restored(bytes) }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains(message) == true, "\(what): \(error?.message ?? "")")
        #expect(error?.message.contains { $0.isNewline } == false)
    }

    @Test("A version of a newer release says so (L13)")
    func newerVersion() {
        let error = #expect(throws: StorageError.self) { try Self.restored([3] + Self.golden[1...]) }
        #expect(error?.code == .tooNew)
    }

    @Test("Cut anywhere it is refused, and an error of the source is passed on")
    func cut() throws {
        for count in Self.golden.indices {
            let error = #expect(throws: StorageError.self) { try Self.restored(Array(Self.golden[..<count])) }
            #expect(error?.code == .damaged)
            var machine = KeyValueMachine()
            let passed = #expect(throws: StorageError.self) {
                try machine.restore(from: SnapshotSource(Self.golden, failingAfter: count))
            }
            #expect(passed?.code == .io)
        }
        #expect(throws: StorageError.self) { try Self.restored(Self.golden + [0]) }
    }

    @Test(
        "Whatever bytes come, a machine is restored that holds them, or they are refused (V15)",
        arguments: UInt64(1)...8)
    func fuzz(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        var machine = KeyValueMachine()
        for number in 0..<70 { _ = machine.apply(.put(key: [UInt8(number), 1], value: [2, 3])) }
        let samples = [Self.golden, try Self.bytes(machine)]
        let likely: [UInt8] = [0, 1, 2, 7, 0x10, 0x80, 0xFF]
        for step in 0..<3_000 {
            var bytes: [UInt8]
            if step % 3 == 0 {
                // Random, but for a beginning that leads into the entries.
                bytes = [1, UInt8.random(in: 0...4, using: &random), 0, 0, 0, 0, 0, 0, 0]
                bytes += (0..<Int.random(in: 0...60, using: &random)).map { _ in
                    likely.randomElement(using: &random) ?? 0
                }
                if step % 2 == 0 { bytes = bytes.shuffled(using: &random) }
            } else {
                bytes = samples[step % 3 - 1]
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = likely.randomElement(using: &random) ?? 0
                }
            }
            do {
                let restored = try Self.restored(bytes, pieceSize: Int.random(in: 1...20, using: &random))
                try restored.tree.checkInvariants()
                guard try Self.bytes(restored) == bytes else {
                    Issue.record("seed \(seed), step \(step): other bytes than were read")
                    return
                }
            } catch let error as StorageError {
                guard error.code == .damaged || error.code == .tooNew else { throw error }
            }
        }
    }

    @Test("A restored machine has the shape of a tree, whatever it was before, for machines of many sizes")
    func shapes() throws {
        var random = SplitMix(state: 3)
        for count in [0, 1, 31, 32, 33, 1_023, 1_024, 1_025, 3_000] {
            var machine = KeyValueMachine()
            for number in (0..<count).shuffled(using: &random) {
                _ = machine.apply(.put(key: Array("key \(number)".utf8), value: [UInt8(number % 251)]))
            }
            let bytes = try Self.bytes(machine, pieceSize: 1 + count % 100)
            let restored = try Self.restored(bytes)
            try restored.tree.checkInvariants()
            #expect(Array(restored.entries) == Array(machine.entries))
            #expect(try Self.bytes(restored) == bytes)
        }
    }

    @Test("A view shares the machine's tree, and stays as it is while the machine goes on (S7)")
    func views() throws {
        var machine = KeyValueMachine()
        for number in 0..<2_000 { _ = machine.apply(.put(key: Array("key \(number)".utf8), value: [1])) }
        let view = try #require(machine.snapshot() as? KeyValueSnapshot)
        #expect(view.tree.root === machine.tree.root)
        let bytes = try view.bytes()
        for number in 0..<2_000 where number % 3 != 0 { _ = machine.apply(.delete(key: Array("key \(number)".utf8))) }
        for number in 0..<500 { _ = machine.apply(.put(key: Array("other \(number)".utf8), value: [2])) }
        #expect(try view.bytes() == bytes)
        try view.tree.checkInvariants()
        try machine.tree.checkInvariants()
        #expect(view.tree.count == 2_000)
    }

    @Test("A machine in bytes takes and restores the same snapshots")
    func inBytes() throws {
        var machine = AnyStateMachine(KeyValueMachine(entries: Self.entries))
        let view = try #require(try machine.snapshot())
        #expect(try view.bytes() == Self.golden)
        try machine.restore(from: SnapshotSource([1, 0, 0, 0, 0, 0, 0, 0, 0]))
        let query = try KeyValueQuery.get(key: [0x6B]).encoded()
        #expect(try machine.answer(query) == KeyValueAnswer.value(nil).encoded())
    }
}
