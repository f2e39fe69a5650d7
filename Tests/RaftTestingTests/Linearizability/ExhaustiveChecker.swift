import RaftTesting

/// Tries every order of a few operations: slow, and too simple to be wrong.
struct ExhaustiveChecker {
    let operations: [HistoryOperation]

    func isLinearizable(initial: String? = nil) -> Bool {
        search(left: Array(operations.indices), value: initial)
    }

    private func search(left: [Int], value: String?) -> Bool {
        if left.allSatisfy({ operations[$0].returned == nil }) { return true }
        for next in left where !left.contains(where: { other in returnedBefore(other, next) }) {
            for after in values(operations[next], value) where search(left: left.filter { $0 != next }, value: after) {
                return true
            }
        }
        return false
    }

    private func returnedBefore(_ first: Int, _ second: Int) -> Bool {
        operations[first].returned.map { $0 < operations[second].invoked } ?? false
    }

    /// The values that an operation may leave behind where it finds one.
    private func values(_ operation: HistoryOperation, _ value: String?) -> [String?] {
        let isOpen = operation.returned == nil
        switch operation.action {
        case .read(let seen): return isOpen || seen == value ? [value] : []
        case .write(let new): return [new]
        case .compareAndSet(let expected, let new, let succeeded):
            if isOpen { return expected == value ? [new] : [value] }
            return succeeded == (expected == value) ? [succeeded ? new : value] : []
        }
    }
}
