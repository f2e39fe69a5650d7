import RaftCore
import RaftKeyValue
import RaftTesting
import Testing

@Suite("The key-value machine keeps the promises of a state machine")
struct ConformanceTests {
    @Test("It passes the conformance suite (C4, C7)")
    func conforms() throws {
        let list = try KeyValueQuery.list(prefix: [], limit: 10_000, after: nil).encoded()
        let some = try KeyValueQuery.list(prefix: [3], limit: 2, after: [3, 3]).encoded()
        let one = try KeyValueQuery.get(key: [5]).encoded()
        try StateMachineConformance(
            make: { KeyValueMachine() }, command: { Self.command(&$0) }, queries: [list, some, one]
        ).run()
    }

    /// Few keys, so that commands meet; now and then one that is over the limits, which never reaches the log.
    private static func command(_ random: inout SeededRandom) -> KeyValueCommand {
        func bytes(_ most: Int) -> [UInt8] {
            (0..<random.index(below: most + 1)).map { _ in UInt8(random.index(below: 8)) }
        }
        let key = random.chance(20) ? [] : [UInt8(random.index(below: 6))] + bytes(1)
        switch random.index(below: 3) {
        case 0: return .put(key: key, value: bytes(20))
        case 1: return .delete(key: key)
        default: return .compareAndSet(key: key, expected: random.chance(300) ? nil : bytes(1), new: bytes(1))
        }
    }
}
