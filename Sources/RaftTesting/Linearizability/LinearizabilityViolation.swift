/// Why a history is not linearizable: a few operations on one key that already conflict.
public struct LinearizabilityViolation: Hashable, Sendable {
    /// The key.
    public let key: String
    /// The key's value before the first operation.
    public let initial: String?
    /// The smallest set of operations found for which there is no order, by time of call.
    ///
    /// The history was cut after the first return at which it fails; an operation that had not returned by then is given
    /// here as open. Nothing was left out that could explain the answers of those that are here.
    public let operations: [HistoryOperation]
    /// One sentence on what is wrong.
    public let reason: String

    init(key: String, initial: String?, operations: [HistoryOperation]) {
        self.key = key
        self.initial = initial
        self.operations = operations
        self.reason = ViolationReason(initial: initial, operations: operations).sentence
    }
}

extension LinearizabilityViolation: CustomStringConvertible {
    /// The key and the sentence, in one line.
    public var summary: String { "key \(HistoryText.quoted(key)): \(reason)" }

    /// The summary, then the operations, one a line.
    public var description: String {
        var lines = [summary]
        lines.append("  before the first operation: \(initial.map { HistoryText.quoted($0) } ?? "absent")")
        for operation in operations { lines.append("  \(operation)") }
        return lines.joined(separator: "\n")
    }
}
