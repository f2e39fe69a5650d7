import RaftCore
import RaftMembership
import RaftTesting
import Synchronization
import Testing

/// The guide "Writing a state machine".
@Suite("The article about state machines")
struct StateMachinesArticleTests {
    struct Counter: StateMachine, Codable {
        private(set) var total = 0

        mutating func apply(_ command: Int) -> Int {
            total += command
            return total
        }
    }

    struct Stock: StateMachine {
        struct Delivery: Codable, Sendable {
            var item: String
            var amount: Int32
        }

        private(set) var amounts: [String: Int64] = [:]

        mutating func apply(_ delivery: Delivery) throws -> Int64 {
            let amount = amounts[delivery.item, default: 0] + Int64(delivery.amount)
            guard amount >= 0 else { throw CommandRefused("there is not enough of \(delivery.item)") }
            amounts[delivery.item] = amount == 0 ? nil : amount
            return amount
        }

        func snapshot() -> (any SnapshotView)? { StockView(amounts: amounts) }

        mutating func restore(from source: SnapshotSource) throws {
            amounts = [:]
            let count: UInt32 = try source.read()
            for _ in 0..<count {
                let length: UInt32 = try source.read()
                guard let item = String(validating: try source.read(Int(length)), as: UTF8.self) else {
                    throw StorageError(.damaged, "the name of an item is not UTF-8")
                }
                amounts[item] = try source.read(Int64.self)
            }
            guard source.remaining == 0 else { throw StorageError(.damaged, "the snapshot goes on after its items") }
        }
    }

    /// Number of items, then for each, in the order of their names: length of the name, the name, the amount.
    struct StockView: SnapshotView {
        let amounts: [String: Int64]

        func write(to sink: SnapshotSink) throws {
            try sink.write(UInt32(amounts.count))
            for (item, amount) in amounts.sorted(by: { $0.key < $1.key }) {
                try sink.write(UInt32(item.utf8.count))
                try sink.write(Array(item.utf8))
                try sink.write(amount)
            }
        }
    }

    struct Till: StateMachine {
        let database: TillDatabase
        var cents: Int

        init(_ database: TillDatabase) throws {
            self.database = database
            cents = try database.read().cents
        }

        mutating func apply(_ amount: Int) -> Int {
            cents += amount
            return cents
        }

        func recoverDurableState() throws -> DurableState? { try database.read().state }

        mutating func makeDurable(_ state: DurableState) throws {
            try database.write(cents, state)  // one transaction
        }
    }

    /// Stands for a database.
    final class TillDatabase: Sendable {
        private let content = Mutex((cents: 0, state: DurableState.initial))

        func read() throws -> (cents: Int, state: DurableState) { content.withLock { $0 } }

        func write(_ cents: Int, _ state: DurableState) throws { content.withLock { $0 = (cents, state) } }
    }

    @Test("A durable machine has what it made durable (C5)")
    func till() throws {
        let database = TillDatabase()
        var till = try Till(database)
        #expect(till.apply(7) == 7)
        #expect(try till.recoverDurableState() == .initial)
        let state = DurableState(applied: 3, record: [1])
        try till.makeDurable(state)
        let again = try Till(database)
        #expect(again.cents == 7)
        #expect(try again.recoverDurableState() == state)
    }

    @Test("A machine in a daemon takes and gives bytes, and refuses those that are none of its own")
    func daemon() throws {
        var counter = Counter()
        for number in [5, -7] {
            let command = try Counter.encode(number).withUnsafeBytes { try Counter.decode($0) }
            #expect(counter.apply(command) == counter.total)
        }
        #expect(counter.answer([]) == -2)
        #expect(throws: CommandRefused.self) {
            try [UInt8](repeating: 0, count: 7).withUnsafeBytes { try Counter.decode($0) }
        }
    }

    @Test("Its examples keep every promise, and stand in the tests word for word")
    func examples() throws {
        try StateMachineConformance(
            make: { Counter() }, command: { random in Int.random(in: -9...9, using: &random) }, state: { $0.total }
        ).run()

        try StateMachineConformance(
            make: { Stock() },
            command: { random in
                Stock.Delivery(item: "item \(random.index(below: 9))", amount: .random(in: -9...9, using: &random))
            },
            state: { $0.amounts }
        ).run()

        let article = try Article("Sources/RaftNode/Documentation.docc/StateMachines.md")
        let source = try Article("Tests/RaftTestingTests/Conformance/StateMachinesArticleTests.swift")
        #expect(article.examples.count == 5)
        for example in article.examples {
            #expect(source.holds(example), "not compiled as it stands:\n\(example)")
        }
    }
}

private typealias Counter = StateMachinesArticleTests.Counter

extension Counter: QueryableStateMachine {
    /// The only question there is.
    func answer(_ query: [UInt8]) -> Int { total }
    static func decodeQuery(_ bytes: UnsafeRawBufferPointer) throws -> [UInt8] { [UInt8](bytes) }

    // Of commands, outputs and answers alike.
    static func encode(_ number: Int) -> [UInt8] { withUnsafeBytes(of: Int64(number).littleEndian) { [UInt8]($0) } }
    static func decode(_ bytes: UnsafeRawBufferPointer) throws -> Int {
        guard bytes.count == 8 else { throw CommandRefused("a number has 8 bytes") }
        return Int(Int64(littleEndian: bytes.loadUnaligned(as: Int64.self)))
    }
}
