/// Makes a history of one key that is not linearizable as small as it can while it stays so.
///
/// Only what cannot be the reason is taken away, so that what is left is a reason of the whole history: an observation
/// (without it fewer orders are excluded), or a write whose value no observation that is left has seen. A write that is
/// read is never taken away from under its reader.
struct ViolationShrinker {
    let initial: String?
    let stepBudget: Int

    /// The operations that are left, in order of call.
    func shrink(_ operations: [HistoryOperation]) -> [HistoryOperation] {
        var left = shortestFailingPrefix(of: operations.sorted { ($0.invoked, $0.process) < ($1.invoked, $1.process) })
        var count = Int.max
        while left.count < count {
            count = left.count
            left = removing(from: left) { operations in operations.indices.filter { isObservation(operations[$0]) } }
            left = removing(from: left, unnoticed)
        }
        return left
    }

    private func fails(_ operations: [HistoryOperation]) -> Bool {
        LinearizabilityChecker.outcome(operations, initial: initial, stepBudget: stepBudget) == .notLinearizable
    }

    // MARK: The prefix

    /// The history up to the first return at which it is not linearizable any more.
    private func shortestFailingPrefix(of operations: [HistoryOperation]) -> [HistoryOperation] {
        let returns = operations.compactMap { $0.returned.map { returned in returned } }.sorted()
        var low = 0
        var high = returns.count - 1
        guard high >= 0 else { return operations }
        while low < high {
            let middle = (low + high) / 2
            if fails(prefix(of: operations, through: returns[middle]).map { open($0, after: returns[middle]) }) {
                high = middle
            } else {
                low = middle + 1
            }
        }
        // Operations that had not returned yet are open in the prefix. They stay so where they do not have to be shown.
        let cut = prefix(of: operations, through: returns[high]).map { open($0, after: returns[high]) }
        return fails(cut) ? cut : operations
    }

    private func prefix(of operations: [HistoryOperation], through time: UInt64) -> [HistoryOperation] {
        operations.filter { $0.invoked <= time }
    }

    private func open(_ operation: HistoryOperation, after time: UInt64) -> HistoryOperation {
        var operation = operation
        if let returned = operation.returned, returned > time { operation.returned = nil }
        return operation
    }

    // MARK: Removing

    /// Removes as many as possible of the operations that may be removed: halves, quarters, and so on down to single
    /// ones.
    private func removing(
        from operations: [HistoryOperation], _ removable: ([HistoryOperation]) -> [Int]
    ) -> [HistoryOperation] {
        var left = operations
        var size = removable(left).count
        while size >= 1 {
            var start = 0
            while true {
                let indices = removable(left)
                guard start < indices.count else { break }
                let chunk = Set(indices[start..<min(start + size, indices.count)])
                let rest = left.indices.filter { !chunk.contains($0) }.map { left[$0] }
                if fails(rest) {
                    left = rest
                } else {
                    start += size
                }
            }
            size /= 2
        }
        return left
    }

    private func isObservation(_ operation: HistoryOperation) -> Bool {
        switch operation.action {
        case .read: true
        case .write: false
        case .compareAndSet(let expected, let new, let succeeded):
            operation.returned != nil && (!succeeded || RegisterValue(expected) == RegisterValue(new))
        }
    }

    /// The writes whose values nobody has seen, and that no failed comparison may need.
    private func unnoticed(_ operations: [HistoryOperation]) -> [Int] {
        var noticed: Set<RegisterValue> = []
        for operation in operations {
            switch operation.action {
            case .read(let value):
                if operation.returned != nil { noticed.insert(RegisterValue(value)) }
            case .write:
                break
            case .compareAndSet(let expected, _, let succeeded):
                if operation.returned != nil, !succeeded { return [] }
                noticed.insert(RegisterValue(expected))
            }
        }
        return operations.indices.filter { index in
            switch operations[index].action {
            case .read: false
            case .write(let value), .compareAndSet(_, let value, _): !noticed.contains(RegisterValue(value))
            }
        }
    }
}
