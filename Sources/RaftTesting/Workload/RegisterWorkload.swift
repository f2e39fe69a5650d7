import RaftCore

/// Clients that read, write, delete and compare-and-set a few registers; every value is written once, so that whoever
/// reads it is known to have seen that very write.
public struct RegisterWorkload: Workload {
    public enum Operation: Hashable, Sendable {
        case read(UInt8)
        case write(UInt8, UInt64?)
        case compareAndSet(UInt8, expected: UInt64?, new: UInt64)
    }

    public enum Answer: Hashable, Sendable {
        case value(UInt64?)
        case changed(Bool)
    }

    private let keys: Int
    private var lastValue: UInt64 = 0
    /// By key, what was last seen of it: what a compare-and-set expects now and then.
    private var guesses: [UInt64?]

    public init(keys: Int) {
        self.keys = max(1, min(keys, 255))
        guesses = [UInt64?](repeating: nil, count: self.keys)
    }

    public func makeMachine() -> RegisterMachine { RegisterMachine() }

    public mutating func nextOperation(of client: Int, using random: inout SeededRandom) -> Operation {
        let key = random.index(below: keys)
        switch random.next(in: 0...9) {
        case 0...3: return .read(UInt8(key))
        case 4:
            return .write(UInt8(key), nil)
        case 5...7:
            lastValue += 1
            guesses[key] = lastValue
            return .write(UInt8(key), lastValue)
        default:
            lastValue += 1
            let expected = guesses[key]
            if random.chance(500) { guesses[key] = lastValue }
            return .compareAndSet(UInt8(key), expected: expected, new: lastValue)
        }
    }

    public func command(for operation: Operation) -> RegisterMachine.Command? {
        switch operation {
        case .read: nil
        case .write(let key, let value): .write(key: key, value: value)
        case .compareAndSet(let key, let expected, let new): .compareAndSet(key: key, expected: expected, new: new)
        }
    }

    public func answer(to operation: Operation, output: Bool) -> Answer { .changed(output) }

    public func answer(to operation: Operation, reading machine: RegisterMachine) -> Answer {
        guard case .read(let key) = operation else { return .value(nil) }
        return .value(machine.registers[key])
    }

    public func check(_ history: [WorkloadRecord<Operation, Answer>]) throws {
        let verdict = LinearizabilityChecker().check(history.map(Self.operation))
        if case .violation(let violation) = verdict { throw NotLinearizable(description: "\(violation)") }
    }

    private static func operation(_ record: WorkloadRecord<Operation, Answer>) -> HistoryOperation {
        func text(_ value: UInt64?) -> String? { value.map { String($0) } }
        let key: UInt8
        let action: HistoryOperation.Action
        switch (record.operation, record.answer) {
        case (.read(let register), .value(let value)):
            key = register
            action = .read(text(value))
        case (.read(let register), _):
            key = register
            action = .read(nil)
        case (.write(let register, let value), _):
            key = register
            action = .write(text(value))
        case (.compareAndSet(let register, let expected, let new), let answer):
            key = register
            action = .compareAndSet(expected: text(expected), new: text(new), succeeded: answer == .changed(true))
        }
        return HistoryOperation(
            process: record.client, key: String(key), action: action, invoked: record.invoked,
            returned: record.returned)
    }
}

/// What no order of the operations explains.
struct NotLinearizable: Error, CustomStringConvertible {
    var description: String
}
