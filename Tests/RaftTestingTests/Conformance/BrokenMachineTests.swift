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
