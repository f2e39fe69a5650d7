/// Makes a history of one key that is not linearizable as small as it can while it stays so.
///
/// Only what cannot be the reason is taken away, so that what is left is a reason of the whole history: an observation
/// (without it fewer orders are excluded), or a write that no operation that is left can have seen. A write is never taken
/// away from under its reader.
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
        let returns = operations.compactMap(\.returned).sorted()
        func failsThrough(_ index: Int) -> Bool {
            fails(prefix(of: operations, through: returns[index]).map { open($0, after: returns[index]) })
        }
        var low = 0
        var high = returns.count - 1
        guard high >= 0 else { return operations }
        // Where a stale observation is the reason, it is most likely the end.
        if let returned = staleReturn(in: operations), let index = returns.firstIndex(of: returned),
            failsThrough(index)
        {
            high = index
            if index > 0, !failsThrough(index - 1) { low = index }
        }
        while low < high {
            let middle = (low + high) / 2
            if failsThrough(middle) { high = middle } else { low = middle + 1 }
        }
        // Operations that had not returned yet are open in the prefix. They stay so where they do not have to be shown.
        let cut = prefix(of: operations, through: returns[high]).map { open($0, after: returns[high]) }
        return fails(cut) ? cut : operations
    }

    private func staleReturn(in operations: [HistoryOperation]) -> UInt64? {
        let history = RegisterHistory(operations, initial: initial)
        return StaleObservation(history).firstReturn().map { history.list.time(at: $0) }
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
            RegisterValue(expected) == RegisterValue(new) || (operation.returned != nil && !succeeded)
        }
    }

    /// The writes that no operation can have seen, whatever the order: nobody observes the value, or only such operations
    /// do that returned before the write was called, or that were called after another write replaced it for certain.
    ///
    /// Writes that replace others come later in time: where several are removed together, each is removed before the
    /// one that replaced it. The last write of a value before an observer stays all the same: it tells why the value was
    /// there once.
    private func unnoticed(_ operations: [HistoryOperation]) -> [Int] {
        var observers: [RegisterValue: [HistoryOperation]] = [:]
        var mismatches: [HistoryOperation] = []
        for operation in operations.sorted(by: { $0.invoked < $1.invoked }) {
            switch operation.action {
            case .read(let value):
                if operation.returned != nil { observers[RegisterValue(value), default: []].append(operation) }
            case .write:
                break
            case .compareAndSet(let expected, _, let succeeded):
                if operation.returned != nil, !succeeded {
                    mismatches.append(operation)
                } else {
                    observers[RegisterValue(expected), default: []].append(operation)
                }
            }
        }
        let replacements = Replacements(operations)
        let origins = origins(of: observers, in: operations)
        return operations.indices.filter { index in
            let write = operations[index]
            guard let value = write.valueWritten, !origins.contains(index) else { return false }
            let end = replacements.firstEnd(after: write)
            func sees(_ observer: HistoryOperation) -> Bool {
                observer.invoked <= end && (observer.returned ?? .max) >= write.invoked
            }
            func anySees(_ observers: [HistoryOperation]) -> Bool {
                for observer in observers {
                    if observer.invoked > end { return false }
                    if sees(observer) { return true }
                }
                return false
            }
            return !anySees(mismatches) && !anySees(observers[value] ?? [])
        }
    }

    /// For each observer the write of its value that was called last before it returned.
    private func origins(
        of observers: [RegisterValue: [HistoryOperation]], in operations: [HistoryOperation]
    ) -> Set<Int> {
        var writes: [RegisterValue: [Int]] = [:]
        for index in operations.indices.sorted(by: { operations[$0].invoked < operations[$1].invoked }) {
            if let value = operations[index].valueWritten { writes[value, default: []].append(index) }
        }
        var origins: Set<Int> = []
        for (value, observers) in observers {
            guard let writes = writes[value] else { continue }
            for observer in observers {
                let end = observer.returned ?? .max
                if let origin = writes.last(where: { operations[$0].invoked <= end }) { origins.insert(origin) }
            }
        }
        return origins
    }

    /// When the values of writes are gone for certain.
    private struct Replacements {
        /// The completed writes by time of call, each with the first return among it and all later ones.
        private var ends: [(called: UInt64, firstEnd: UInt64)] = []

        init(_ operations: [HistoryOperation]) {
            var end = UInt64.max
            for operation in operations.sorted(by: { $0.invoked > $1.invoked }) {
                guard let returned = operation.returned, operation.valueWritten != nil else { continue }
                end = min(end, returned)
                ends.append((operation.invoked, end))
            }
            ends.reverse()
        }

        /// The first return of a write that was called after another had returned.
        func firstEnd(after write: HistoryOperation) -> UInt64 {
            guard let returned = write.returned else { return .max }
            var low = 0
            var high = ends.count
            while low < high {
                let middle = (low + high) / 2
                if ends[middle].called > returned { high = middle } else { low = middle + 1 }
            }
            return low < ends.count ? ends[low].firstEnd : .max
        }
    }
}

extension HistoryOperation {
    /// The value that an operation left behind, or may have left behind if its outcome is unknown.
    var valueWritten: RegisterValue? {
        switch action {
        case .read: nil
        case .write(let value): RegisterValue(value)
        case .compareAndSet(let expected, let new, let succeeded):
            (returned == nil || succeeded) && RegisterValue(expected) != RegisterValue(new) ? RegisterValue(new) : nil
        }
    }
}
