/// Puts into words why a few operations conflict.
struct ViolationReason {
    let initial: String?
    let operations: [HistoryOperation]

    /// The sentence: what the operation that returned last saw, and what speaks against it.
    var sentence: String {
        guard let last = operations.filter({ $0.returned != nil }).max(by: { ($0.returned ?? 0) < ($1.returned ?? 0) })
        else { return "no order of the operations explains every answer" }
        switch last.action {
        case .read(let value):
            return "read by process \(last.process) returned \(HistoryText.quoted(value)) at \(last.span), but "
                + (objection(to: value, seenBy: last) ?? conflict)
        case .compareAndSet(let expected, _, true):
            return
                "compare-and-set by process \(last.process) found \(HistoryText.quoted(expected)) at \(last.span), but "
                + (objection(to: expected, seenBy: last) ?? conflict)
        case .compareAndSet(let expected, _, false):
            return "compare-and-set by process \(last.process) found another value than "
                + "\(HistoryText.quoted(expected)) at \(last.span), but " + conflict
        case .write(let value):
            return "after \(value == nil ? "the deletion" : "the write of \(HistoryText.quoted(value))") by process "
                + "\(last.process) at \(last.span), " + conflict
        }
    }

    private var conflict: String {
        operations.count == 1
            ? "nothing explains it"
            : "no order of these \(operations.count) operations, each at one instant between its call and its return, "
                + "explains every answer"
    }

    /// What speaks against the value that an operation saw, where that can be said about single writes.
    private func objection(to value: String?, seenBy reader: HistoryOperation) -> String? {
        let value = RegisterValue(value)
        let quoted = HistoryText.quoted(value.text)
        let writers = operations.filter { $0 != reader && $0.valueWritten == value }
        let startsSo = RegisterValue(initial) == value
        if writers.isEmpty, !startsSo { return "nobody had written \(quoted) by then" }
        let overwriters = operations.filter { operation in
            guard let returned = operation.returned, let new = operation.valueWritten, new != value else {
                return false
            }
            return returned < reader.invoked
        }
        guard let overwriter = overwriters.max(by: { $0.invoked < $1.invoked }) else { return nil }
        let survivors = writers.filter { $0.returned.map { $0 >= overwriter.invoked } ?? true }
        guard survivors.isEmpty else { return nil }
        let name = describeWrite(overwriter)
        if let writer = writers.max(by: { $0.invoked < $1.invoked }) {
            return
                "\(quoted), \(describeOrigin(writer)), had been replaced: \(name) began after that, and was done before "
                + "the \(noun(reader)) began"
        }
        return "\(quoted), the value at the start, had been replaced: \(name) was done before the \(noun(reader)) began"
    }

    private func noun(_ operation: HistoryOperation) -> String {
        if case .read = operation.action { "read" } else { "compare-and-set" }
    }

    private func describeOrigin(_ operation: HistoryOperation) -> String {
        "\(operation.valueWritten?.text == nil ? "left" : "written") by process \(operation.process) at \(operation.span)"
    }

    private func describeWrite(_ operation: HistoryOperation) -> String {
        let value = operation.valueWritten?.text
        let what = value == nil ? "the deletion" : "the write of \(HistoryText.quoted(value))"
        return "\(what) by process \(operation.process) at \(operation.span)"
    }
}
