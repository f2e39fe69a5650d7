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
        // An operation that has seen or made another value, after every write of this one, and before it was seen again.
        let start = writers.map { $0.returned ?? .max }.max()
        let proofs = operations.filter { operation in
            guard let returned = operation.returned, let other = operation.valueProven, other != value else {
                return false
            }
            return returned < reader.invoked && start.map { operation.invoked > $0 } ?? true
        }
        let isWritten = { (operation: HistoryOperation) in operation.valueWritten != nil }
        guard let proof = proofs.last(where: isWritten) ?? proofs.last else {
            return startsSo ? nil : swapped(value, writers: writers, seenBy: reader)
        }
        let origin =
            writers.last.map { "\(quoted), \(describeOrigin($0)), had been replaced" }
            ?? "\(quoted), the value at the start, had been replaced"
        let since = writers.isEmpty ? "" : " began after that, and"
        return "\(origin): \(describe(proof))\(since) was done before the \(noun(reader)) began"
    }

    /// What speaks against a value that was written once: a compare-and-set has replaced it.
    private func swapped(
        _ value: RegisterValue, writers: [HistoryOperation], seenBy reader: HistoryOperation
    ) -> String? {
        guard writers.count == 1, let writer = writers.first else { return nil }
        for operation in operations where operation != reader {
            guard case .compareAndSet(let expected, _, true) = operation.action, RegisterValue(expected) == value,
                operation.valueWritten != nil, let returned = operation.returned, returned < reader.invoked
            else { continue }
            let quoted = HistoryText.quoted(value.text)
            return "\(quoted), \(describeOrigin(writer)) and never again, had been replaced: the compare-and-set by "
                + "process \(operation.process) at \(operation.span) found it, and was done before the \(noun(reader)) began"
        }
        return nil
    }

    private func noun(_ operation: HistoryOperation) -> String {
        if case .read = operation.action { "read" } else { "compare-and-set" }
    }

    private func describeOrigin(_ operation: HistoryOperation) -> String {
        "\(operation.valueWritten?.text == nil ? "left" : "written") by process \(operation.process) at \(operation.span)"
    }

    private func describe(_ operation: HistoryOperation) -> String {
        let value = operation.valueProven?.text
        let what =
            if case .read = operation.action {
                "the read of \(HistoryText.quoted(value))"
            } else {
                value == nil ? "the deletion" : "the write of \(HistoryText.quoted(value))"
            }
        return "\(what) by process \(operation.process) at \(operation.span)"
    }
}

extension HistoryOperation {
    /// The value that was there for certain when a completed operation took effect, or just after.
    fileprivate var valueProven: RegisterValue? {
        switch action {
        case .read(let value), .write(let value): RegisterValue(value)
        case .compareAndSet(_, let new, let succeeded): succeeded ? RegisterValue(new) : nil
        }
    }
}
