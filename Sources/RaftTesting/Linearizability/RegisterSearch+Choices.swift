/// What may come next in a configuration: see ``RegisterSearch`` on why this is enough.
extension RegisterSearch {
    /// Adds the candidates, the first choice last: what is placed behind, then what leads to the operation that is due,
    /// then other swaps, which may have to come before the present value is left.
    mutating func choose(firstReturn: Int32, isStuck: Bool) {
        if let behind { return chooseBehind(behind) }
        let due = list.returning(at: firstReturn)
        let mayGoBehind = list.call[due] < boundary
        switch history.effects[due] {
        case .read(let value):
            chooseToReach(value, firstReturn: firstReturn, isStuck: isStuck)
            if mayGoBehind { chooseToReachBehind(value) }
        case .swap(let expected, _):
            chooseToReach(expected, firstReturn: firstReturn, isStuck: isStuck)
            if expected == state, mayLeave(bySwap: true) { candidates.append(.next(due)) }
            if mayGoBehind { chooseToReachBehind(expected) }
        case .write(let value):
            chooseSwaps(firstReturn: firstReturn, isStuck: isStuck, thatLead: false)
            chooseDueWrite(due, of: value)
        case .mismatch:
            chooseAnyChange(firstReturn: firstReturn)
            if mayGoBehind { chooseAnyBehind() }
        }
    }

    /// A value is not left while it has readers and nobody to write it again.
    private func mayLeave(bySwap: Bool = false) -> Bool {
        readers[Int(state)] <= (bySwap ? 1 : 0) || writers[Int(state)] > 0
    }

    /// What leads to a value that is needed now: its writes, those of other values from which swaps lead to it, and swaps.
    /// A write of the present value may serve too: other writes can be placed behind it.
    private mutating func chooseToReach(_ goal: Int32, firstReturn: Int32, isStuck: Bool) {
        findSources(of: goal, before: firstReturn)
        chooseSwaps(firstReturn: firstReturn, isStuck: isStuck, thatLead: false)
        if isSource[Int(state)] { chooseWrite(of: state, firstReturn: firstReturn) }
        for value in sources.reversed() where value != state { chooseWrite(of: value, firstReturn: firstReturn) }
        chooseSwaps(firstReturn: firstReturn, isStuck: isStuck, thatLead: true)
        clearSources()
    }

    /// The swaps of the present value: those that lead to what is needed, or the others.
    private mutating func chooseSwaps(firstReturn: Int32, isStuck: Bool, thatLead: Bool) {
        if mayLeave() {
            for kind in history.openSwaps where history.open[kind].expected == state {
                let value = history.open[kind].new
                let new = Int(value)
                guard isSource[new] == thatLead, isAvailable(kind, before: firstReturn),
                    isStuck || isRead[new] || isSwapped[new] || history.isExpectedByOpen[new]
                else { continue }
                candidates.append(.open(kind))
            }
        }
        guard mayLeave(bySwap: true), isSwapped[Int(state)] else { return }
        for kind in kindsFound {
            let operation = Int(bestOfKind[Int(kind)])
            guard case .swap(state, let new) = history.effects[operation], isSource[Int(new)] == thatLead else {
                continue
            }
            candidates.append(.next(operation))
        }
    }

    /// The write of a value that comes next, if there is one: of the completed ones the first to return, else an open one.
    private mutating func chooseWrite(of value: Int32, firstReturn: Int32) {
        guard value == state || mayLeave() else { return }
        for kind in kindsFound {
            let operation = Int(bestOfKind[Int(kind)])
            guard history.effects[operation] == .write(value) else { continue }
            candidates.append(.next(operation))
            return
        }
        for kind in history.openProducers[Int(value)] where history.open[kind].expected == nil {
            if isAvailable(kind, before: firstReturn) { candidates.append(.open(kind)) }
        }
    }

    /// A write that is due comes next, or goes behind. Where nobody will notice it, behind is as good as any place; where
    /// it changes nothing, next is.
    private mutating func chooseDueWrite(_ due: Int, of value: Int32) {
        let isNoticed =
            readers[Int(value)] > 0 || history.isExpectedByOpen[Int(value)] || mismatchCount > 0
        let fitsBehind = list.call[due] < boundary && value != state
        if value == state || (mayLeave() && (isNoticed || !fitsBehind)) { candidates.append(.next(due)) }
        if fitsBehind { candidates.append(.behind(due)) }
    }

    /// Whatever makes another value of the present one: a failed comparison waits for that.
    private mutating func chooseAnyChange(firstReturn: Int32) {
        if isSwapped[Int(state)] || history.isExpectedByOpen[Int(state)] {
            chooseWrite(of: state, firstReturn: firstReturn)
        }
        chooseSwaps(firstReturn: firstReturn, isStuck: true, thatLead: false)
        guard mayLeave() else { return }
        for kind in history.open.indices {
            let open = history.open[kind]
            guard open.expected == nil, open.new != state, isAvailable(kind, before: firstReturn) else { continue }
            candidates.append(.open(kind))
        }
        for kind in kindsFound {
            let operation = Int(bestOfKind[Int(kind)])
            guard case .write(let value) = history.effects[operation], value != state else { continue }
            candidates.append(.next(operation))
        }
    }

    // MARK: Sources

    /// Finds the values from which swaps called before a position lead to a goal, the goal first.
    mutating func findSources(of goal: Int32, before end: Int32) {
        for kind in history.openSwaps where isAvailable(kind, before: end) {
            guard let expected = history.open[kind].expected else { continue }
            swapsFound.append((expected, history.open[kind].new))
        }
        var position = list.first
        while position < end, let operation = list.called(at: position) {
            if case .swap(let expected, let new) = history.effects[operation] { swapsFound.append((expected, new)) }
            position = list.position(after: position)
        }
        sources.append(goal)
        isSource[Int(goal)] = true
        var next = 0
        while next < sources.count {
            let source = sources[next]
            next += 1
            for (expected, new) in swapsFound where new == source && !isSource[Int(expected)] {
                isSource[Int(expected)] = true
                sources.append(expected)
            }
        }
        swapsFound.removeAll(keepingCapacity: true)
    }

    mutating func clearSources() {
        for value in sources { isSource[Int(value)] = false }
        sources.removeAll(keepingCapacity: true)
    }

    /// Whether an open operation of a kind is left that was called before a position.
    func isAvailable(_ kind: Int, before end: Int32) -> Bool {
        let calls = history.open[kind].calls
        let used = Int(openUsed[kind])
        return used < calls.count && calls[used] < end
    }
}
