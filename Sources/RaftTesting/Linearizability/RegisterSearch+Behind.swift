/// What may be placed just before the last plain write, which hides it: a write, then reads and swaps in turn.
extension RegisterSearch {
    /// The writes from which what is due can be reached there.
    mutating func chooseToReachBehind(_ goal: Int32) {
        findSources(of: goal, before: boundary)
        for value in sources.reversed() { chooseWriteBehind(of: value) }
        clearSources()
    }

    /// Whatever ends a failed comparison's wait there: a write of another value, or of the same, if a swap follows.
    mutating func chooseAnyBehind() {
        for value in history.openProducers.indices where value != Int(state) || hasSwapBehind(of: state) {
            for kind in history.openProducers[value] where history.open[kind].expected == nil {
                if isAvailable(kind, before: boundary) { candidates.append(.openBehind(kind)) }
            }
        }
        var position = list.first
        while position < boundary, let operation = list.called(at: position) {
            position = list.position(after: position)
            guard case .write(let value) = history.effects[operation], value != state || hasSwapBehind(of: state) else {
                continue
            }
            candidates.append(.behind(operation))
        }
    }

    /// Goes on behind: ends it, when what was due has its place, or swaps the value there.
    mutating func chooseBehind(_ behind: Behind) {
        for kind in history.openSwaps where history.open[kind].expected == behind.value {
            let new = Int(history.open[kind].new)
            guard isAvailable(kind, before: boundary),
                readers[new] > 0 || history.isExpectedByOpen[new] || mismatches[Int(behind.value)] > 0
            else { continue }
            candidates.append(.openBehind(kind))
        }
        let first = candidates.count
        var position = list.first
        while position < boundary, let operation = list.called(at: position) {
            position = list.position(after: position)
            guard case .swap(behind.value, _) = history.effects[operation] else { continue }
            keepFirstReturn(operation, from: first)
        }
        if isPlaced(behind.due) {
            if isSupported(behind.value) { candidates.append(.hide) }
        } else if case .swap(behind.value, _) = history.effects[behind.due] {
            candidates.append(.behind(behind.due))
        }
    }

    /// Whether a swap that may go behind expects a value.
    func hasSwapBehind(of value: Int32) -> Bool {
        if history.isExpectedByOpen[Int(value)] {
            for kind in history.openSwaps where history.open[kind].expected == value {
                if isAvailable(kind, before: boundary) { return true }
            }
        }
        var position = list.first
        while position < boundary, let operation = list.called(at: position) {
            if case .swap(value, _) = history.effects[operation] { return true }
            position = list.position(after: position)
        }
        return false
    }

    /// The write of a value: of the completed ones the first to return, else an open one.
    private mutating func chooseWriteBehind(of value: Int32) {
        let first = candidates.count
        var position = list.first
        while position < boundary, let operation = list.called(at: position) {
            if history.effects[operation] == .write(value) { keepFirstReturn(operation, from: first) }
            position = list.position(after: position)
        }
        guard candidates.count == first else { return }
        for kind in history.openProducers[Int(value)] where history.open[kind].expected == nil {
            if isAvailable(kind, before: boundary) { candidates.append(.openBehind(kind)) }
        }
    }

    /// Adds a candidate that goes behind, in the place of one of equal effect that returns later.
    private mutating func keepFirstReturn(_ operation: Int, from first: Int) {
        for index in candidates.indices[first...] {
            guard case .behind(let other) = candidates[index], history.kinds[other] == history.kinds[operation] else {
                continue
            }
            if list.return[operation] < list.return[other] { candidates[index] = .behind(operation) }
            return
        }
        candidates.append(.behind(operation))
    }
}
