/// Looks for an order of the operations on one register that explains every answer: Wing and Gong's search with Lowe's
/// list and cache, and with what is known about registers.
///
/// Each of these steps keeps an order to be found whenever there is one:
/// - What only reads is placed as soon as it fits: it changes nothing for the others.
/// - Of operations with equal effect that may come next, the one that returns first comes first.
/// - A value that still has readers, but no further writer, is not overwritten.
/// - The operation that returns next needs a value that may be produced now.
/// - An open operation is used only where the very next operation notices it.
/// - With a write, all writes are placed before it, together with their reads, that nobody else will need.
struct RegisterSearch {
    private let history: RegisterHistory
    private var list: CallReturnList
    private var state: Int32
    /// One bit for each completed operation that is placed.
    private var placed: [UInt64]
    private var openUsed: [Int32]
    /// For each value, the operations left that observe it, and those that may still produce it.
    private var readers: [Int32]
    private var writers: [Int32]
    private var mismatches = 0
    /// What was placed, in order: completed operations by number, open kinds by their complement.
    private var trail: [Int] = []
    private var frames: [Frame] = []
    /// The candidates of all frames, each frame's with the first choice last.
    private var candidates: [Int] = []
    private var cache = ConfigurationCache()
    private var row: [UInt64] = []

    // Scratch, empty between uses.
    private var bestOfKind: [Int32]
    private var kindsFound: [Int32] = []
    private var readsFound: [Int32]
    private var valuesFound: [Int32] = []
    private var ranks: [UInt64] = []

    private struct Frame {
        var state: Int32
        var trailCount: Int
        var firstCandidate: Int
    }

    init(_ history: RegisterHistory) {
        self.history = history
        list = history.list
        state = history.initial
        placed = Array(repeating: 0, count: (history.effects.count + 63) / 64)
        openUsed = Array(repeating: 0, count: history.open.count)
        readers = Array(repeating: 0, count: history.valueCount)
        writers = readers
        readsFound = readers
        bestOfKind = Array(repeating: -1, count: history.kindCount)
        for effect in history.effects { count(effect, by: 1) }
        for kind in history.open { writers[Int(kind.new)] += Int32(kind.calls.count) }
    }

    /// Searches until an order is found, all are excluded, or so many configurations and choices were looked at.
    mutating func run(stepBudget: Int) -> SearchOutcome {
        for value in readers.indices where readers[value] > 0 && writers[value] == 0 && value != Int(state) {
            return .notLinearizable
        }
        placeReads()
        if list.first == list.end { return .linearizable }
        if !enter() { return .notLinearizable }
        var steps = 0
        while let frame = frames.last {
            undo(to: frame.trailCount)
            state = frame.state
            guard candidates.count > frame.firstCandidate, let choice = candidates.popLast() else {
                frames.removeLast()
                continue
            }
            steps += 1
            if steps > stepBudget { return .undecided(steps: steps - 1) }
            take(choice)
            placeReads()
            if list.first == list.end { return .linearizable }
            _ = enter()
        }
        return .notLinearizable
    }

    // MARK: Placing and taking back

    private mutating func count(_ effect: RegisterHistory.Effect, by amount: Int32) {
        switch effect {
        case .read(let value): readers[Int(value)] += amount
        case .write(let value): writers[Int(value)] += amount
        case .swap(let expected, let new):
            readers[Int(expected)] += amount
            writers[Int(new)] += amount
        case .mismatch: mismatches += Int(amount)
        }
    }

    private mutating func place(_ operation: Int) {
        list.lift(operation)
        placed[operation >> 6] |= 1 << UInt64(operation & 63)
        count(history.effects[operation], by: -1)
        trail.append(operation)
    }

    private mutating func undo(to count: Int) {
        while trail.count > count {
            let operation = trail.removeLast()
            if operation >= 0 {
                list.unlift(operation)
                placed[operation >> 6] &= ~(1 << UInt64(operation & 63))
                self.count(history.effects[operation], by: 1)
            } else {
                openUsed[~operation] -= 1
                writers[Int(history.open[~operation].new)] += 1
            }
        }
    }

    private mutating func take(_ choice: Int) {
        if choice < 0 {
            let kind = history.open[~choice]
            if kind.expected == nil { placeUnneeded(before: choice) }
            openUsed[~choice] += 1
            writers[Int(kind.new)] -= 1
            trail.append(choice)
            state = kind.new
            return
        }
        switch history.effects[choice] {
        case .write(let value):
            placeUnneeded(before: choice)
            place(choice)
            state = value
        case .swap(_, let new):
            place(choice)
            state = new
        case .read, .mismatch:
            preconditionFailure("what only reads is never a choice")
        }
    }

    /// Places everything that fits the state and does not change it.
    private mutating func placeReads() {
        var position = list.first
        while position != list.end, let operation = list.called(at: position) {
            let fits =
                switch history.effects[operation] {
                case .read(let value): value == state
                case .mismatch(let value): value != state
                case .write, .swap: false
                }
            if fits { place(operation) }
            // A lifted position still knows its successor; when that is its own return, it is skipped as well.
            position = list.position(after: position)
            if fits, position == list.return[operation] { position = list.position(after: position) }
        }
    }

    /// Places, before a plain write, the writes that nobody needs later, with all their reads. A failed comparison might
    /// need any of them for the change it makes, so none is placed while one is left.
    private mutating func placeUnneeded(before choice: Int) {
        guard mismatches == 0 else { return }
        var isWorthwhile = false
        var position = list.first
        while position != list.end, let operation = list.called(at: position) {
            switch history.effects[operation] {
            case .read(let value):
                if readsFound[Int(value)] == 0 { valuesFound.append(value) }
                readsFound[Int(value)] += 1
            case .write:
                if operation != choice { isWorthwhile = true }
            case .swap, .mismatch:
                break
            }
            position = list.position(after: position)
        }
        if isWorthwhile {
            position = list.first
            while position != list.end, let operation = list.called(at: position) {
                position = list.position(after: position)
                guard case .write(let value) = history.effects[operation], operation != choice, isUnneeded(value) else {
                    continue
                }
                placeBlock(operation, value)
                position = list.first
            }
        }
        for value in valuesFound { readsFound[Int(value)] = 0 }
        valuesFound.removeAll(keepingCapacity: true)
    }

    private func isUnneeded(_ value: Int32) -> Bool {
        let value = Int(value)
        if history.isExpectedByOpen[value] { return false }
        return readers[value] == 0 || (writers[value] == 1 && readers[value] == readsFound[value])
    }

    private mutating func placeBlock(_ write: Int, _ value: Int32) {
        place(write)
        guard readers[Int(value)] > 0 else { return }
        var position = list.first
        while position != list.end, let operation = list.called(at: position) {
            let isRead = history.effects[operation] == .read(value)
            if isRead { place(operation) }
            position = list.position(after: position)
            if isRead, position == list.return[operation] { position = list.position(after: position) }
        }
    }

    // MARK: Choosing

    /// Makes a frame of the present configuration and its candidates; `false` when it is known or leads nowhere.
    private mutating func enter() -> Bool {
        // Walk the operations that may come next: those called before the first return that is left.
        var position = list.first
        var isStuck = false
        while position != list.end, let operation = list.called(at: position) {
            switch history.effects[operation] {
            case .read(let value):
                observe(value)
            case .mismatch:
                isStuck = true
            case .write:
                remember(operation)
            case .swap(let expected, _):
                observe(expected)
                if expected == state { remember(operation) }
            }
            position = list.position(after: position)
        }
        let first = candidates.count
        if isNew(firstReturn: position) { choose(firstReturn: position, isStuck: isStuck) }
        for value in valuesFound { readsFound[Int(value)] = 0 }
        valuesFound.removeAll(keepingCapacity: true)
        for kind in kindsFound { bestOfKind[Int(kind)] = -1 }
        kindsFound.removeAll(keepingCapacity: true)
        guard candidates.count > first else { return false }
        frames.append(Frame(state: state, trailCount: trail.count, firstCandidate: first))
        return true
    }

    private mutating func observe(_ value: Int32) {
        if readsFound[Int(value)] == 0 { valuesFound.append(value) }
        readsFound[Int(value)] += 1
    }

    /// Keeps, of the operations of equal effect, the one that returns first.
    private mutating func remember(_ operation: Int) {
        let kind = Int(history.kinds[operation])
        let best = bestOfKind[kind]
        if best < 0 {
            kindsFound.append(Int32(kind))
            bestOfKind[kind] = Int32(operation)
        } else if list.return[operation] < list.return[Int(best)] {
            bestOfKind[kind] = Int32(operation)
        }
    }

    private mutating func choose(firstReturn: Int32, isStuck: Bool) {
        let due = list.returning(at: firstReturn)
        var goal: Int32?
        switch history.effects[due] {
        case .read(let value): goal = value
        case .swap(let expected, _) where expected != state: goal = expected
        case .swap, .write, .mismatch: break
        }

        let first = candidates.count
        // A value is not left while it has readers and nobody to write it again.
        let mayLeave = readers[Int(state)] == 0 || writers[Int(state)] > 0
        let mayLeaveBySwap = readers[Int(state)] <= 1 || writers[Int(state)] > 0
        appendOpen(firstReturn: firstReturn, isStuck: isStuck, mayLeave: mayLeave)
        let firstCompleted = candidates.count
        for kind in kindsFound {
            let operation = Int(bestOfKind[Int(kind)])
            switch history.effects[operation] {
            case .write(let value) where mayLeave || value == state: candidates.append(operation)
            case .swap where mayLeaveBySwap: candidates.append(operation)
            default: break
            }
        }
        sortCandidates(from: firstCompleted, due: due, goal: goal)
        if let goal, !canProduce(goal, firstReturn: firstReturn) { candidates.removeSubrange(first...) }
    }

    /// Brings what is due last, that is to be tried first; before it what produces what is due; else what is due sooner.
    private mutating func sortCandidates(from first: Int, due: Int, goal: Int32?) {
        for index in candidates.indices[first...] {
            let operation = candidates[index]
            let urgency = UInt64(UInt32.max - UInt32(list.return[operation]))
            let rank = urgency | (operation == due ? 2 << 32 : produces(operation, goal) ? 1 << 32 : 0)
            var place = index - first
            ranks.append(rank)
            while place > 0, ranks[place - 1] > rank {
                ranks[place] = ranks[place - 1]
                candidates[first + place] = candidates[first + place - 1]
                place -= 1
            }
            ranks[place] = rank
            candidates[first + place] = operation
        }
        ranks.removeAll(keepingCapacity: true)
    }

    private func produces(_ operation: Int, _ goal: Int32?) -> Bool {
        switch history.effects[operation] {
        case .write(let value), .swap(_, let value): value == goal
        case .read, .mismatch: false
        }
    }

    /// Whether some operation that may come before the first return produces a value.
    private func canProduce(_ value: Int32, firstReturn: Int32) -> Bool {
        for kind in history.openProducers[Int(value)] where isAvailable(kind, firstReturn) { return true }
        var position = list.first
        while position != firstReturn, let operation = list.called(at: position) {
            if produces(operation, value) { return true }
            position = list.position(after: position)
        }
        return false
    }

    private func isAvailable(_ kind: Int, _ firstReturn: Int32) -> Bool {
        let calls = history.open[kind].calls
        let used = Int(openUsed[kind])
        return used < calls.count && calls[used] < firstReturn
    }

    /// Adds the open operations that the very next operation would notice.
    private mutating func appendOpen(firstReturn: Int32, isStuck: Bool, mayLeave: Bool) {
        guard !history.open.isEmpty, mayLeave else { return }
        if isStuck {
            // Any change of value lets a failed comparison go on.
            for kind in history.open.indices { appendOpen(kind, firstReturn) }
            return
        }
        for kind in history.openSwaps where isAvailable(kind, firstReturn) {
            if let expected = history.open[kind].expected { observe(expected) }
        }
        for value in valuesFound {
            for kind in history.openProducers[Int(value)] { appendOpen(kind, firstReturn) }
        }
    }

    private mutating func appendOpen(_ kind: Int, _ firstReturn: Int32) {
        let open = history.open[kind]
        guard isAvailable(kind, firstReturn), open.new != state, open.expected == nil || open.expected == state else {
            return
        }
        candidates.append(~kind)
    }

    /// Whether the configuration was not seen before.
    private mutating func isNew(firstReturn: Int32) -> Bool {
        // Below the first operation left all are placed; none is that was called after the first return left.
        let low = (list.called(at: list.first) ?? 0) >> 6
        let high = (Int(history.calledBefore[Int(firstReturn)]) + 63) >> 6
        row.removeAll(keepingCapacity: true)
        row.append(UInt64(UInt32(bitPattern: state)) << 32 | UInt64(low))
        row.append(UInt64(high))
        for word in low..<high { row.append(placed[word]) }
        for kind in openUsed.indices where openUsed[kind] > 0 {
            // Used or not: nobody is left to notice this one.
            let value = Int(history.open[kind].new)
            if mismatches == 0, readers[value] == 0, !history.isExpectedByOpen[value] { continue }
            row.append(UInt64(kind) << 32 | UInt64(openUsed[kind]))
        }
        return cache.insert(row)
    }
}
