import RaftCore
import RaftTesting
import Testing

@Suite("The conformance suite of state machines", .serialized)
struct BrokenMachineTests {
    /// Each broken machine, and the promise that it does not keep.
    static let table: [(MachineFault, ConformanceProperty, @Sendable () throws -> Void)] = [
        (.encodesInHashOrder, .commandCodec, { try run(EncodesInHashOrder.self) }),
        (.decodesWithoutAmount, .commandCodec, { try run(DecodesWithoutAmount.self) }),
        (.decodeFailsByTurns, .commandCodec, { try run(DecodeFailsByTurns.self) }),
        (.decodeByAlignment, .commandCodec, { try run(DecodeByAlignment.self) }),
        (.refusalsByTurns, .decoding, { try run(RefusalsByTurns.self) }),
        (.amountRounded, .throughTheLog, { try run(AmountRounded.self) }),
        (.throwsAnything, .refusals, { try run(ThrowsAnything.self) }),
        (.outputByTurns, .equalOutputs, { try run(OutputByTurns.self) }),
        (.outputInHashOrder, .equalOutputs, { try run(OutputInHashOrder.self) }),
        (.outputByAddress, .equalOutputs, { try run(OutputByAddress.self) }),
        (.stateByTurns, .equalStates, { try run(StateByTurns.self) }),
        (.sharedBox, .copiesStay, { try run(SharedBox.self) }),
        (.refusedCounts, .refusedChangesNothing, { try run(RefusedCounts.self) }),
        (.skippingCounts, .skipping, { try run(SkippingCounts.self) }),
        (.answersByTurns, .equalStates, { try run(AnswersByTurns.self) }),
        (.askingCounts, .equalStates, { try run(AskingCounts.self) }),
        (.askingChangesOutputs, .answers, { try run(AskingChangesOutputs.self) }),
        (.queryDecodesByTurns, .queryDecoding, { try run(QueryDecodesByTurns.self) }),
        (.viewInHashOrder, .equalViews, { try run(ViewInHashOrder.self) }),
        (.viewByTurns, .equalViews, { try run(ViewByTurns.self) }),
        (.snapshotOfSome, .equalViews, { try run(SnapshotOfSome.self) }),
        (.liveView, .viewsStay, { try run(LiveView.self) }),
        (.restoreForgets, .restoring, { try run(RestoreForgets.self) }),
        (.restoreAdds, .restoring, { try run(RestoreAdds.self) }),
        (.outputOutsideSnapshot, .restoring, { try run(OutputOutsideSnapshot.self) }),
        (.restoresOriginals, .restoring, { try run(RestoresOriginals.self) }),
        (.restoresToTheEnd, .damagedViews, { try run(RestoresToTheEnd.self) }),
        (.ignoresRest, .damagedViews, { try run(IgnoresRest.self) }),
        (.swallowsErrors, .damagedViews, { try run(SwallowsErrors.self) }),
        (.restoreByTurns, .damagedViews, { try run(RestoreByTurns.self) }),
    ]

    /// A tally answers in bytes; the questions are for every name that commands use.
    private static func run<Fault: MachineFaultName>(_ fault: Fault.Type) throws {
        var options = StateMachineConformanceOptions()
        options.runs = 2
        options.commands = 150
        options.decodings = 500
        try StateMachineConformance(
            options: options, make: { TallyMachine<Fault>() },
            command: { random in
                TallyMachine<Fault>.Command(
                    names: Set((0...random.index(below: 6)).map { _ in UInt8(random.index(below: 20)) }),
                    amount: Int.random(in: -1000...1000, using: &random))
            },
            queries: (0..<21).map { [UInt8($0)] }
        ).run()
    }

    @Test("A machine that keeps every promise passes")
    func rightOne() throws {
        try Self.run(NoFault.self)
    }

    @Test("A broken machine is caught by the promise it does not keep", arguments: MachineFault.allCases)
    func brokenOne(fault: MachineFault) throws {
        let row = try #require(Self.table.first { $0.0 == fault }, "each fault is in the table")
        let failure = #expect(throws: ConformanceFailure.self) { try row.2() }
        #expect(failure?.property == row.1, "\(failure.map(\.description) ?? "nothing was found")")
        #expect(failure?.message.contains("\n") == false)
    }

    private struct Counter: StateMachine, Codable {
        private(set) var total = 0
        mutating func apply(_ command: Int) -> Int {
            total += command
            return total
        }
    }

    @Test("A counter whose commands are Codable passes in three lines")
    func counter() throws {
        try StateMachineConformance(
            make: { Counter() }, command: { random in Int.random(in: -9...9, using: &random) }, state: { $0.total }
        ).run()
    }

    private struct Plain: StateMachine {
        private(set) var total = 0
        mutating func apply(_ command: Int) -> Int {
            total += command
            return total
        }
    }

    @Test("What does not apply to a machine is named as skipped, and is not checked")
    func skipped() throws {
        let plain = StateMachineConformance(
            make: { Plain() }, command: { random in Int.random(in: -9...9, using: &random) }, state: { $0.total })
        #expect(plain.skipped == [.answers, .queryDecoding, .equalViews, .viewsStay, .restoring, .damagedViews])
        #expect(Set(plain.skipped).isDisjoint(with: plain.properties))
        for property in plain.skipped { try plain.check(property) }
        try plain.run()

        let counter = StateMachineConformance(
            make: { Counter() }, command: { random in Int.random(in: -9...9, using: &random) }, state: { $0.total })
        #expect(counter.skipped == [.answers, .queryDecoding])
        #expect(Set(counter.skipped + counter.properties) == Set(ConformanceProperty.stateMachineProperties))
    }

    @Test("The register machine and the machine of scenarios keep every promise")
    func machinesOfTheSimulator() throws {
        try StateMachineConformance(
            make: { RegisterMachine() },
            command: { random in
                let key = UInt8(random.index(below: 5))
                let value = random.chance(200) ? nil : UInt64(random.index(below: 9))
                return random.chance(500)
                    ? .write(key: key, value: value)
                    : .compareAndSet(key: key, expected: value, new: UInt64(random.index(below: 9)))
            }, state: { $0.registers }
        ).run()
        try StateMachineConformance(
            make: { ScenarioMachine() },
            command: { random in
                let (key, value) = ("key \(random.index(below: 5))", "\(random.index(below: 9))")
                switch random.index(below: 4) {
                case 0: return .get(key)
                case 1: return .delete(key)
                case 2: return .compareAndSet(key, expected: random.chance(300) ? nil : value, new: value)
                default: return .put(key, value)
                }
            }, state: { $0.values }
        ).run()
    }
}

enum NoFault: MachineFaultName { static var fault: MachineFault? { nil } }
enum EncodesInHashOrder: MachineFaultName { static var fault: MachineFault? { .encodesInHashOrder } }
enum DecodesWithoutAmount: MachineFaultName { static var fault: MachineFault? { .decodesWithoutAmount } }
enum DecodeFailsByTurns: MachineFaultName { static var fault: MachineFault? { .decodeFailsByTurns } }
enum DecodeByAlignment: MachineFaultName { static var fault: MachineFault? { .decodeByAlignment } }
enum ThrowsAnything: MachineFaultName { static var fault: MachineFault? { .throwsAnything } }
enum OutputByTurns: MachineFaultName { static var fault: MachineFault? { .outputByTurns } }
enum OutputInHashOrder: MachineFaultName { static var fault: MachineFault? { .outputInHashOrder } }
enum OutputByAddress: MachineFaultName { static var fault: MachineFault? { .outputByAddress } }
enum StateByTurns: MachineFaultName { static var fault: MachineFault? { .stateByTurns } }
enum SharedBox: MachineFaultName { static var fault: MachineFault? { .sharedBox } }
enum RefusedCounts: MachineFaultName { static var fault: MachineFault? { .refusedCounts } }
enum SkippingCounts: MachineFaultName { static var fault: MachineFault? { .skippingCounts } }
enum AnswersByTurns: MachineFaultName { static var fault: MachineFault? { .answersByTurns } }
enum AskingCounts: MachineFaultName { static var fault: MachineFault? { .askingCounts } }
enum QueryDecodesByTurns: MachineFaultName { static var fault: MachineFault? { .queryDecodesByTurns } }
enum RefusalsByTurns: MachineFaultName { static var fault: MachineFault? { .refusalsByTurns } }
enum AmountRounded: MachineFaultName { static var fault: MachineFault? { .amountRounded } }
enum AskingChangesOutputs: MachineFaultName { static var fault: MachineFault? { .askingChangesOutputs } }
enum ViewInHashOrder: MachineFaultName { static var fault: MachineFault? { .viewInHashOrder } }
enum ViewByTurns: MachineFaultName { static var fault: MachineFault? { .viewByTurns } }
enum SnapshotOfSome: MachineFaultName { static var fault: MachineFault? { .snapshotOfSome } }
enum LiveView: MachineFaultName { static var fault: MachineFault? { .liveView } }
enum RestoreForgets: MachineFaultName { static var fault: MachineFault? { .restoreForgets } }
enum RestoreAdds: MachineFaultName { static var fault: MachineFault? { .restoreAdds } }
enum OutputOutsideSnapshot: MachineFaultName { static var fault: MachineFault? { .outputOutsideSnapshot } }
enum RestoresOriginals: MachineFaultName { static var fault: MachineFault? { .restoresOriginals } }
enum RestoresToTheEnd: MachineFaultName { static var fault: MachineFault? { .restoresToTheEnd } }
enum IgnoresRest: MachineFaultName { static var fault: MachineFault? { .ignoresRest } }
enum SwallowsErrors: MachineFaultName { static var fault: MachineFault? { .swallowsErrors } }
enum RestoreByTurns: MachineFaultName { static var fault: MachineFault? { .restoreByTurns } }
