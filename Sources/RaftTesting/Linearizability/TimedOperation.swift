/// An operation of any kind, and the time it took.
public struct TimedOperation<Operation> {
    /// The call, with what it answered.
    public var operation: Operation
    /// When it was called, by any clock or counter that all callers share.
    public var invoked: UInt64
    /// When it answered; `nil` when its outcome is unknown: it may take effect at any time after ``invoked``, or never.
    public var returned: UInt64?

    /// An operation and its two times. One that returned before it was called is taken as returned when it was called.
    public init(_ operation: Operation, invoked: UInt64, returned: UInt64?) {
        self.operation = operation
        self.invoked = invoked
        self.returned = returned.map { max($0, invoked) }
    }
}

extension TimedOperation: Sendable where Operation: Sendable {}
