public import RaftCore

/// Tests a state machine: that it is deterministic, a value, that its codec depends on bytes alone, and that its snapshots,
/// if there are any, are whole.
///
/// ```swift
/// try StateMachineConformance(
///     make: { Counter() }, command: { random in Int.random(in: -9...9, using: &random) }, state: { $0.total }
/// ).run()
/// ```
///
/// Machines are built apart, and not copied, where determinism is looked at: sets and dictionaries that were built apart
/// have different orders within one process already, so that a machine which depends on it is found. What cannot be found
/// here is what differs between releases and processors; and whether `isInline` is honest only a measurement tells.
public struct StateMachineConformance<Machine: StateMachine>: Sendable {
    public var options: StateMachineConformanceOptions
    let make: @Sendable () -> Machine
    let command: @Sendable (inout SeededRandom) -> Machine.Command
    /// Whether two outputs are the same.
    let areEqual: @Sendable (Machine.Output, Machine.Output) -> Bool
    /// Compares all that shows of two machines: nil, or what differs.
    let difference: @Sendable (Machine, Machine) -> String?
    /// Extra checks of a machine that answers in bytes.
    var queries: QueryChecks<Machine>?

    /// For a machine whose state can be compared.
    /// - Parameters:
    ///   - make: a machine as it is before the first command.
    ///   - command: a command of any kind that is proposed, refused ones included; drawn from the random numbers alone.
    ///   - state: all that shows of a machine.
    public init<State: Equatable & SendableMetatype>(
        options: StateMachineConformanceOptions = StateMachineConformanceOptions(),
        make: @escaping @Sendable () -> Machine,
        command: @escaping @Sendable (inout SeededRandom) -> Machine.Command,
        state: @escaping @Sendable (Machine) -> State
    ) where Machine.Output: Equatable {
        self.options = options
        self.make = make
        self.command = command
        areEqual = { $0 == $1 }
        difference = { one, other in
            let (first, second) = (state(one), state(other))
            return first == second ? nil : "\(first) and \(second)"
        }
    }

    /// For a machine that answers in bytes: what shows of it are its answers.
    /// - Parameters:
    ///   - queries: questions whose answers, together, tell all there is; in bytes, as clients send them.
    public init(
        options: StateMachineConformanceOptions = StateMachineConformanceOptions(),
        make: @escaping @Sendable () -> Machine,
        command: @escaping @Sendable (inout SeededRandom) -> Machine.Command,
        queries: [[UInt8]]
    ) where Machine: QueryableStateMachine {
        self.options = options
        self.make = make
        self.command = command
        areEqual = { Machine.encode($0) == Machine.encode($1) }
        let checks = QueryChecks<Machine>(queries)
        difference = { checks.difference($0, $1) }
        self.queries = checks
    }

    /// Checks every property that applies.
    /// - Throws: `ConformanceFailure` for the first one that does not hold.
    public func run() throws {
        for property in properties { try check(property) }
    }

    /// The properties that apply, in the order in which `run` checks them.
    public var properties: [ConformanceProperty] {
        let skipped = skipped
        return stateMachineProperties.filter { !skipped.contains($0) }
    }

    /// The properties that do not apply: those of answers for a machine that gives none in bytes, those of snapshots for one
    /// of which there are none.
    public var skipped: [ConformanceProperty] {
        (queries == nil ? [.answers, .queryDecoding] : [])
            + (takesSnapshots ? [] : [.equalViews, .viewsStay, .restoring, .damagedViews])
    }

    /// Where asking for a snapshot fails, a check is to say so.
    private var takesSnapshots: Bool {
        do { return try make().snapshot() != nil } catch { return true }
    }

    /// Checks one property, if it applies.
    /// - Throws: `ConformanceFailure`.
    public func check(_ property: ConformanceProperty) throws {
        guard !skipped.contains(property) else { return }
        var trial = StateMachineTrial(self, property)
        do {
            switch property {
            case .commandCodec: try trial.commandCodec()
            case .decoding: try trial.decoding()
            case .equalOutputs: try trial.equalOutputs()
            case .equalStates: try trial.equalStates()
            case .throughTheLog: try trial.throughTheLog()
            case .refusals: try trial.refusals()
            case .refusedChangesNothing: try trial.refusedChangesNothing()
            case .copiesStay: try trial.copiesStay()
            case .originalsStay: try trial.originalsStay()
            case .skipping: try trial.skipping()
            case .readersBeside: try trial.readersBeside()
            case .answers: try trial.answers()
            case .queryDecoding: try trial.queryDecoding()
            case .equalViews: try trial.equalViews()
            case .viewsStay: try trial.viewsStay()
            case .restoring: try trial.restoring()
            case .damagedViews: try trial.damagedViews()
            default: throw trial.failure("no such property of a state machine")
            }
        } catch let failure as ConformanceFailure {
            throw failure
        } catch {
            throw trial.failure("an unexpected error came: \(error)")
        }
    }
}

/// Every property of state machines, in the order of the checks.
let stateMachineProperties: [ConformanceProperty] = [
    .commandCodec, .decoding, .refusals, .equalOutputs, .equalStates, .throughTheLog, .copiesStay, .originalsStay,
    .refusedChangesNothing, .skipping, .answers, .queryDecoding, .readersBeside, .equalViews, .viewsStay, .restoring,
    .damagedViews,
]

extension ConformanceProperty {
    /// Every property of state machines.
    public static var stateMachineProperties: [ConformanceProperty] { RaftTesting.stateMachineProperties }
}
