import RaftCore
import RaftMembership
import Synchronization

/// What is wrong with a broken state machine.
enum MachineFault: String, CaseIterable, Sendable {
    case encodesInHashOrder, decodesWithoutAmount, decodeFailsByTurns, decodeByAlignment, refusalsByTurns, amountRounded
    case throwsAnything, outputByTurns, outputInHashOrder, outputByAddress
    case stateByTurns, sharedBox, refusedCounts, skippingCounts
    case answersByTurns, askingCounts, askingChangesOutputs, queryDecodesByTurns
    case viewInHashOrder, viewByTurns, snapshotOfSome, liveView
    case restoreForgets, restoreAdds, outputOutsideSnapshot, restoresOriginals
    case restoresToTheEnd, ignoresRest, swallowsErrors, restoreByTurns
}

/// Faults are types here: a machine's codec is static.
protocol MachineFaultName: Sendable { static var fault: MachineFault? { get } }

/// Counts by name. Right in every promise, unless its fault says otherwise.
struct TallyMachine<Fault: MachineFaultName>: QueryableStateMachine {
    /// Negative amounts below -900 are refused.
    struct Command: Hashable, Sendable {
        var names: Set<UInt8>
        var amount: Int
    }
    struct Query: Hashable, Sendable { var name: UInt8 }
    struct Failure: Error, CustomStringConvertible { let description: String }

    private final class Box: Sendable {
        let totals: Mutex<[UInt8: Int]>
        init(_ totals: [UInt8: Int] = [:]) { self.totals = Mutex(totals) }
    }

    private var totals: [UInt8: Int] = [:]
    private var box = Box()
    private var applied = 0

    private static var fault: MachineFault? { Fault.fault }
    /// Whether the state is in the box.
    private static var isBoxed: Bool { fault == .sharedBox || fault == .restoresOriginals }
    private static var turn: Int {
        turns.withLock {
            $0 += 1; return $0
        }
    }

    mutating func apply(_ command: Command) throws -> [Int] {
        if command.amount < -900 {
            if Self.fault == .refusedCounts { totals[0, default: 0] += 1 }
            if Self.fault == .throwsAnything { throw Failure(description: "no") }
            throw CommandRefused("an amount of \(command.amount)")
        }
        applied += 1
        if Self.fault == .restoresOriginals { box = Box(box.totals.withLock { $0 }) }
        for name in command.names {
            if Self.isBoxed {
                box.totals.withLock { $0[name, default: 0] += command.amount }
            } else {
                totals[name, default: 0] += command.amount
            }
        }
        switch Self.fault {
        case .liveView: box.totals.withLock { $0 = totals }
        case .outputOutsideSnapshot: return [applied]
        case .outputByTurns: return [Self.turn]
        case .outputByAddress: return [Int(bitPattern: ObjectIdentifier(box))]
        case .askingChangesOutputs: return [box.totals.withLock { $0[255, default: 0] }]
        case .outputInHashOrder: return command.names.map { total($0) }
        case .stateByTurns where Self.turn % 100 == 0: totals[20, default: 0] += 1
        default: break
        }
        return command.names.sorted().map { total($0) }
    }

    mutating func skip(to index: LogIndex) {
        if Self.fault == .skippingCounts { totals[1, default: 0] += 1 }
    }

    func total(_ name: UInt8) -> Int {
        Self.isBoxed ? box.totals.withLock { $0[name] ?? 0 } : totals[name] ?? 0
    }

    func answer(_ query: Query) -> Int {
        switch Self.fault {
        case .answersByTurns: total(query.name) + (Self.turn % 7 == 0 ? 1 : 0)
        case .askingCounts: total(query.name) + asked()
        case .askingChangesOutputs: total(query.name) + asked() * 0
        default: total(query.name)
        }
    }

    /// How often this was asked.
    private func asked() -> Int {
        box.totals.withLock {
            $0[255, default: 0] += 1
            return $0[255, default: 0]
        }
    }

    // MARK: Snapshots: number of names, then each name with its total, in order

    private struct View: SnapshotView {
        let totals: [UInt8: Int]
        let live: Box?

        func write(to sink: SnapshotSink) throws {
            let totals = live.map { box in box.totals.withLock { $0 } } ?? totals
            try sink.write(UInt16(totals.count))
            for (name, total) in fault == .viewInHashOrder ? Array(totals) : totals.sorted(by: { $0.key < $1.key }) {
                try sink.write(name)
                try sink.write(Int64(total))
            }
            if fault == .viewByTurns { try sink.write(UInt8(truncatingIfNeeded: turn)) }
        }
    }

    func snapshot() -> (any SnapshotView)? {
        if Self.fault == .snapshotOfSome, totals.count > 5 { return nil }
        return View(
            totals: Self.isBoxed ? box.totals.withLock { $0 } : totals, live: Self.fault == .liveView ? box : nil)
    }

    mutating func restore(from source: SnapshotSource) throws {
        var read: [UInt8: Int] = Self.fault == .restoreAdds ? totals : [:]
        do {
            try Self.read(source, into: &read)
        } catch {
            guard Self.fault == .swallowsErrors else { throw error }
        }
        if Self.fault == .restoreForgets { read[3] = nil }
        if Self.fault == .restoresOriginals { box.totals.withLock { $0 = read } } else { totals = read }
    }

    private static func read(_ source: SnapshotSource, into totals: inout [UInt8: Int]) throws {
        let count: UInt16 = try source.read()
        var last = -1
        for _ in 0..<count {
            if fault == .restoresToTheEnd, source.remaining < 9 { return }
            let name: UInt8 = try source.read()
            guard Int(name) > last else { throw Failure(description: "its names are not in order") }
            if fault == .restoreByTurns, name > 20, turn % 3 == 0 { throw Failure(description: "busy") }
            totals[name] = Int(try source.read(Int64.self))
            last = Int(name)
        }
        guard source.remaining == 0 || fault == .ignoresRest else { throw Failure(description: "it goes on") }
    }

    // MARK: Codec: amount, then the names in order

    static func encode(_ command: Command) throws -> [UInt8] {
        var bytes: [UInt8] = []
        let amount = fault == .amountRounded ? command.amount / 2 * 2 : command.amount
        bytes.appendNumber(UInt64(bitPattern: Int64(amount)))
        return bytes + (fault == .encodesInHashOrder ? Array(command.names) : command.names.sorted())
    }

    static func decode(_ bytes: UnsafeRawBufferPointer) throws -> Command {
        guard bytes.count >= 8 else {
            throw Failure(description: fault == .refusalsByTurns ? "attempt \(turn)" : "it is too short")
        }
        if fault == .decodeFailsByTurns, turn % 50 == 0 { throw Failure(description: "busy") }
        if fault == .decodeByAlignment, Int(bitPattern: bytes.baseAddress) % 2 == 1, bytes.count > 13 {
            throw Failure(description: "it is not aligned")
        }
        var amount = Int(Int64(truncatingIfNeeded: Array(bytes.prefix(8)).number(at: 0)))
        if fault == .decodesWithoutAmount { amount = 0 }
        // Bounded, so that sums do not overflow.
        guard abs(amount) < 1 << 40 else { throw Failure(description: "its amount is impossible") }
        return Command(names: Set(bytes.dropFirst(8)), amount: amount)
    }

    static func encode(_ output: [Int]) -> [UInt8] {
        var bytes: [UInt8] = []
        for value in output { bytes.appendNumber(UInt64(bitPattern: Int64(value))) }
        return bytes
    }

    static func decodeQuery(_ bytes: UnsafeRawBufferPointer) throws -> Query {
        guard bytes.count == 1, let name = bytes.first else { throw Failure(description: "it is no query") }
        if fault == .queryDecodesByTurns, name > 20, turn % 3 == 0 { throw Failure(description: "busy") }
        return Query(name: name)
    }

    static func encode(_ answer: Int) -> [UInt8] { encode([answer]) }
}

private let turns = Mutex(0)
