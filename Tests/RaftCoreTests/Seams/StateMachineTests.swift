import RaftCore
import Testing

@Suite("The snapshots that a state machine gets")
struct StateMachineTests {
    struct Totals: StateMachine, Codable, Equatable {
        var totals: [String: Int] = [:]
        mutating func apply(_ command: String) -> Int {
            totals[command, default: 0] += 1
            return totals[command, default: 0]
        }
    }

    struct Plain: StateMachine {
        mutating func apply(_ command: Int) -> Int { command }
    }

    private static func bytes(_ view: (any SnapshotView)?) throws -> [UInt8] {
        var bytes: [UInt8] = []
        let sink = SnapshotSink { bytes.append(contentsOf: $0) }
        try view?.write(to: sink)
        try sink.flush()
        return bytes
    }

    @Test("A Codable machine is its own encoding, and comes back from it")
    func codable() throws {
        var machine = Totals()
        for word in ["b", "a", "b", "c", "a", "b"] { _ = machine.apply(word) }
        let view = try machine.snapshot()
        let before = machine
        _ = machine.apply("d")
        let bytes = try Self.bytes(view)
        #expect(try bytes == BinaryCoder.encode(before))

        var restored = machine
        try restored.restore(from: SnapshotSourceTests.source(bytes) { min($0, 2) })
        #expect(restored == before)
        for count in bytes.indices {
            #expect(throws: (any Error).self) {
                try restored.restore(from: SnapshotSourceTests.source(Array(bytes[..<count])))
            }
        }
        #expect(throws: (any Error).self) { try restored.restore(from: SnapshotSourceTests.source(bytes + [0])) }
    }

    @Test("Any other machine has none unless it says so, and cannot be restored")
    func plain() throws {
        var machine = Plain()
        #expect(try machine.snapshot() == nil)
        let error = #expect(throws: StorageError.self) { try machine.restore(from: SnapshotSourceTests.source([1])) }
        #expect(error?.code == .misuse)
    }
}
