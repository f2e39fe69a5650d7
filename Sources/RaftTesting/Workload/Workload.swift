public import RaftCore

/// What clients of a simulated cluster do, and how to tell whether what they saw was right.
///
/// Write one for a state machine of your own: see "Simulating a state machine and a storage of your own" in the guides.
public protocol Workload<Machine>: SendableMetatype {
    associatedtype Machine: StateMachine
    /// What a client asks for.
    associatedtype Operation: Sendable
    /// What it is answered.
    associatedtype Answer: Sendable

    /// The state before any command.
    func makeMachine() -> Machine

    /// What this client does next. All chance comes from `random`.
    mutating func nextOperation(of client: Int, using random: inout SeededRandom) -> Operation

    /// The command to propose; nil for an operation that only reads.
    func command(for operation: Operation) -> Machine.Command?

    /// What the client sees of the machine's output.
    func answer(to operation: Operation, output: Machine.Output) -> Answer

    /// What an operation that only reads sees of the state.
    func answer(to operation: Operation, reading machine: Machine) -> Answer

    /// Judges what all clients saw. Operations that were rejected are not among them, for they never happened.
    /// - Throws: one line that says what was wrong.
    func check(_ history: [WorkloadRecord<Operation, Answer>]) throws
}

/// One operation of one client.
public struct WorkloadRecord<Operation: Sendable, Answer: Sendable>: Sendable {
    public var client: Int
    public var operation: Operation
    /// Nil when the client never learned of one: it may have taken effect, may yet, or may not.
    public var answer: Answer?
    /// Simulated nanoseconds.
    public var invoked: UInt64
    /// Simulated nanoseconds; nil as `answer` is.
    public var returned: UInt64?
}
