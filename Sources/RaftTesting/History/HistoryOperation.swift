/// One call of a client on a register or a key-value store, as the client saw it.
///
/// Values and keys are compared byte by byte: two strings that Unicode calls equivalent, but that are written
/// differently, are different values to the checker. ``Swift/String/init(historyBytes:)`` makes a string of any bytes.
public struct HistoryOperation: Hashable, Sendable {
    /// What was called, and what it answered.
    public enum Action: Hashable, Sendable {
        /// A read, with the value that it returned; `nil` when the key was absent.
        case read(String?)
        /// A write of a value; `nil` deletes the key.
        case write(String?)
        /// A write of `new` on condition that the value is `expected`. `succeeded` tells what it answered: `false` is
        /// an observation too, namely that the value was another one. For an open operation it is ignored.
        case compareAndSet(expected: String?, new: String?, succeeded: Bool)
    }

    /// The client that called. It only serves to name the operation: calls of one process are ordered by their times.
    public var process: Int
    /// The key that was read or written.
    public var key: String
    /// What was called, and what it answered.
    public var action: Action
    /// When it was called, by any clock or counter that all processes share.
    public var invoked: UInt64
    /// When it answered, by the same clock. `nil` when its outcome is unknown: it may take effect at any time after
    /// ``invoked``, or never.
    public var returned: UInt64?

    /// An operation of a history. One that certainly never took place (it was refused) is left out of the history.
    public init(process: Int, key: String, action: Action, invoked: UInt64, returned: UInt64?) {
        self.process = process
        self.key = key
        self.action = action
        self.invoked = invoked
        self.returned = returned
    }
}

extension HistoryOperation: CustomStringConvertible {
    /// One readable line: `process 3 read x = "4" at 17…21`.
    public var description: String {
        "process \(process) \(phrase) at \(span)"
    }

    /// The operation's two times.
    var span: String {
        guard let returned else { return "\(invoked)… (outcome unknown)" }
        return "\(invoked)…\(returned)"
    }

    private var phrase: String {
        let name = HistoryText.token(key)
        switch action {
        case .read(let value):
            return returned == nil ? "read \(name)" : "read \(name) = \(HistoryText.quoted(value))"
        case .write(.some(let value)):
            return "wrote \(name) = \(HistoryText.quoted(value))"
        case .write(.none):
            return "deleted \(name)"
        case .compareAndSet(let expected, let new, let succeeded):
            let call = "compared \(name) with \(HistoryText.quoted(expected)) to set \(HistoryText.quoted(new))"
            guard returned != nil else { return call }
            return call + (succeeded ? " and did" : " and found another value")
        }
    }
}
