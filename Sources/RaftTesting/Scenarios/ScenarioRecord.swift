/// One operation of a scenario's history. Times are nanoseconds of the cluster's clock.
public struct ScenarioRecord: Hashable, Sendable {
    /// Which client: one that has one operation under way at a time.
    public var process: Int
    public var operation: ScenarioOperation
    public var outcome: ScenarioOutcome
    /// Before the operation could have had any effect.
    public var invoked: UInt64
    /// When the client was told.
    public var returned: UInt64

    public init(
        process: Int, operation: ScenarioOperation, outcome: ScenarioOutcome, invoked: UInt64, returned: UInt64
    ) {
        self.process = process
        self.operation = operation
        self.outcome = outcome
        self.invoked = invoked
        self.returned = returned
    }

    /// As the checker takes it. Nil for what says nothing: a write that never took place, a read without an answer.
    public var historyOperation: HistoryOperation? {
        let action: HistoryOperation.Action
        switch (operation, outcome) {
        case (_, .rejected), (.get, .unknown), (.get, .done), (.get, .refused): return nil
        case (.get, .value(let value)): action = .read(value)
        case (.put(_, let value), _): action = .write(value)
        case (.delete, _): action = .write(nil)
        case (.compareAndSet(_, let expected, let new), let outcome):
            action = .compareAndSet(expected: expected, new: new, succeeded: outcome != .refused)
        }
        return HistoryOperation(
            process: process, key: operation.key, action: action, invoked: invoked,
            returned: outcome.isAnswer ? returned : nil)
    }
}
