/// Looks for an order of the operations on one register that explains every answer: Wing and Gong's search with Lowe's
/// list and cache, and with what is known about registers.
///
/// The search goes from return to return: the operation that returns first, of those without a place, is *due*, and only
/// operations called before its return may come before it. What is placed stays in order; in addition, operations may be
/// placed *behind*: a write, with reads of its value and swaps, just before the last plain write that was placed, which
/// hides them. So hardly anything has to be placed before it is due. That makes the search small, and each of these steps
/// keeps an order to be found whenever there is one:
///
/// - What only reads is placed as soon as it fits: it changes nothing for the others.
/// - Of operations with equal effect that may come next, the one that returns first comes first, open ones last.
/// - A value that still has readers, but no further writer, is not left.
/// - A plain write is placed when it is due, or for the sake of what is due. If other writes came before it in the order
///   looked for, they can be placed behind it later, with all that came between.
/// - An open operation is used only where what follows notices it.
///
/// Small histories are compared with an exhaustive search by the tests.
struct RegisterSearch {
    /// What may be done next.
    enum Choice {
        /// A completed operation comes next.
        case next(Int)
        /// An open operation of a kind comes next.
        case open(Int)
        /// A completed write is placed behind, or a swap after a write that was placed there.
        case behind(Int)
        /// The same with an open operation of a kind.
        case openBehind(Int)
        /// What was placed behind is hidden: the order goes on with the present state.
        case hide
    }

    /// What is being placed behind.
    struct Behind {
        /// The value there.
        var value: Int32
        /// The operation for whose sake this is done.
        var due: Int
    }

    private struct Frame {
        var state: Int32
        var boundary: Int32
        var behind: Behind?
        var firstReturn: Int32
        var trailCount: Int
        var firstCandidate: Int
    }

    let history: RegisterHistory
    var list: CallReturnList
    var state: Int32
    /// The first return that was left when the last plain write was placed: what was called before it can be placed
    /// behind that write.
    var boundary: Int32 = 0
    var behind: Behind?
    /// For each value, the operations left that observe it, those that may still produce it, and the comparisons left
    /// that want another.
    var readers: [Int32]
    var writers: [Int32]
    var mismatches: [Int32]
    var mismatchCount = 0
    var openUsed: [Int32]
    /// The candidates of all frames, each frame's with the first choice last.
    var candidates: [Choice] = []

    /// What may come next: for each kind of effect the operation that returns first.
    var bestOfKind: [Int32]
    var kindsFound: [Int32] = []
    /// What may come next: the values that are read, and those that swaps expect.
    var isRead: [Bool]
    var isSwapped: [Bool]
    var valuesFound: [Int32] = []
    /// The values from which what is due can be reached by swaps.
    var isSource: [Bool]
    var sources: [Int32] = []
    var swapsFound: [(expected: Int32, new: Int32)] = []

    /// One bit for each completed operation that is placed, and for each open one that is used.
    private var placed: [UInt64]
    private var openPlaced: [UInt64]
    /// What was placed, in order: completed operations by number, open kinds by their complement.
    private var trail: [Int] = []
    private var frames: [Frame] = []
    private var cache = ConfigurationCache()
    private var row: [UInt64] = []

    init(_ history: RegisterHistory) {
        self.history = history
        list = history.list
        state = history.initial
        placed = Array(repeating: 0, count: (history.effects.count + 63) / 64)
        openPlaced = Array(repeating: 0, count: (history.openCount + 63) / 64)
        openUsed = Array(repeating: 0, count: history.open.count)
        readers = Array(repeating: 0, count: history.valueCount)
        writers = readers
        mismatches = readers
        isRead = Array(repeating: false, count: history.valueCount)
        isSwapped = isRead
        isSource = isRead
        bestOfKind = Array(repeating: -1, count: history.kindCount)
        for effect in history.effects { count(effect, by: 1) }
        for kind in history.open { writers[Int(kind.new)] += Int32(kind.calls.count) }
    }

    /// Searches until an order is found, all are excluded, or so many choices were tried.
    mutating func run(stepBudget: Int) -> SearchOutcome {
        for value in readers.indices where !isSupported(Int32(value)) { return .notLinearizable }
        placeReads()
        if list.first == list.end { return .linearizable }
        enter()
        var steps = 0
        while let frame = frames.last {
            undo(to: frame.trailCount)
            state = frame.state
            boundary = frame.boundary
            behind = frame.behind
            guard candidates.count > frame.firstCandidate, let choice = candidates.popLast() else {
                frames.removeLast()
                continue
            }
            steps += 1
            if steps > stepBudget { return .undecided(steps: steps - 1) }
            guard take(choice, firstReturn: frame.firstReturn) else { continue }
            placeReads()
            if list.first == list.end { return .linearizable }
            enter()
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
        case .mismatch(let value):
            mismatches[Int(value)] += amount
            mismatchCount += Int(amount)
        }
    }

    private mutating func place(_ operation: Int) {
        list.lift(operation)
        placed[operation >> 6] |= 1 << UInt64(operation & 63)
        count(history.effects[operation], by: -1)
        trail.append(operation)
    }

    private mutating func use(_ kind: Int) {
        let number = history.open[kind].firstNumber + Int(openUsed[kind])
        openPlaced[number >> 6] |= 1 << UInt64(number & 63)
        openUsed[kind] += 1
        writers[Int(history.open[kind].new)] -= 1
        trail.append(~kind)
    }

    private mutating func undo(to count: Int) {
        while trail.count > count {
            let operation = trail.removeLast()
            if operation >= 0 {
                list.unlift(operation)
                placed[operation >> 6] &= ~(1 << UInt64(operation & 63))
                self.count(history.effects[operation], by: 1)
            } else {
                let kind = ~operation
                openUsed[kind] -= 1
                let number = history.open[kind].firstNumber + Int(openUsed[kind])
                openPlaced[number >> 6] &= ~(1 << UInt64(number & 63))
                writers[Int(history.open[kind].new)] += 1
            }
        }
    }

    /// Whether whatever observes a value can still do so.
    func isSupported(_ value: Int32) -> Bool {
        readers[Int(value)] == 0 || writers[Int(value)] > 0 || value == state
    }

    /// Does what was chosen; `false` when that leads nowhere.
    private mutating func take(_ choice: Choice, firstReturn: Int32) -> Bool {
        switch choice {
        case .next(let operation):
            place(operation)
            switch history.effects[operation] {
            case .write(let value):
                boundary = firstReturn
                state = value
            case .swap(_, let new):
                state = new
            case .read, .mismatch:
                break
            }
        case .open(let kind):
            use(kind)
            if history.open[kind].expected == nil { boundary = firstReturn }
            state = history.open[kind].new
        case .behind(let operation):
            let due = behind?.due ?? list.returning(at: firstReturn)
            place(operation)
            return goBehind(history.newValue(of: operation), due: due)
        case .openBehind(let kind):
            let due = behind?.due ?? list.returning(at: firstReturn)
            use(kind)
            return goBehind(history.open[kind].new, due: due)
        case .hide:
            behind = nil
        }
        return true
    }

    /// Has a value just before the last plain write, with the reads that it explains.
    private mutating func goBehind(_ value: Int32, due: Int) -> Bool {
        placeReads(of: value, before: boundary)
        behind = Behind(value: value, due: due)
        if hasSwapBehind(of: value) { return true }
        guard isPlaced(due), isSupported(value) else { return false }
        behind = nil
        return true
    }

    func isPlaced(_ operation: Int) -> Bool { placed[operation >> 6] & (1 << UInt64(operation & 63)) != 0 }

    /// Places everything that fits the state and does not change it.
    private mutating func placeReads() { placeReads(of: state, before: list.end) }

    private mutating func placeReads(of state: Int32, before end: Int32) {
        var position = list.first
        while position < end, let operation = list.called(at: position) {
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

    // MARK: Frames

    /// Makes a frame of the present configuration and its candidates, unless it is known or leads nowhere.
    private mutating func enter() {
        // Walk the operations that may come next: those called before the first return that is left.
        var position = list.first
        var isStuck = false
        var lastBehind = -1
        while position != list.end, let operation = list.called(at: position) {
            if position < boundary { lastBehind = operation }
            switch history.effects[operation] {
            case .read(let value):
                if !isRead[Int(value)] { valuesFound.append(value) }
                isRead[Int(value)] = true
            case .mismatch:
                isStuck = true
            case .write:
                remember(operation)
            case .swap(let expected, _):
                if !isSwapped[Int(expected)] { valuesFound.append(expected) }
                isSwapped[Int(expected)] = true
                remember(operation)
            }
            position = list.position(after: position)
        }
        let first = candidates.count
        if isNew(firstReturn: position, lastBehind: lastBehind) { choose(firstReturn: position, isStuck: isStuck) }
        for value in valuesFound {
            isRead[Int(value)] = false
            isSwapped[Int(value)] = false
        }
        valuesFound.removeAll(keepingCapacity: true)
        for kind in kindsFound { bestOfKind[Int(kind)] = -1 }
        kindsFound.removeAll(keepingCapacity: true)
        guard candidates.count > first else { return }
        frames.append(
            Frame(
                state: state, boundary: boundary, behind: behind, firstReturn: position, trailCount: trail.count,
                firstCandidate: first)
        )
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

    /// Whether the configuration was not seen before: what is placed, the state, and what can still be placed behind.
    private mutating func isNew(firstReturn: Int32, lastBehind: Int) -> Bool {
        // Below the first operation left all are placed; none is that was called after the first return left.
        let low = (list.called(at: list.first) ?? 0) >> 6
        let high = (Int(history.calledBefore[Int(firstReturn)]) + 63) >> 6
        row.removeAll(keepingCapacity: true)
        row.append(UInt64(UInt32(bitPattern: state)) << 32 | UInt64(low))
        row.append(UInt64(high) << 32 | UInt64(lastBehind + 1))
        for word in low..<high { row.append(placed[word]) }
        // Open operations behind the boundary can be placed behind: which ones depends on the boundary.
        let openBehind = history.openCalledBefore[Int(boundary)]
        row.append(UInt64(openBehind))
        row.append(behind.map { UInt64(UInt32(bitPattern: $0.value)) << 32 | UInt64($0.due) } ?? .max)
        row += openPlaced
        if mismatchCount == 0 {
            // Used or not: nobody is left to notice these.
            let start = row.count - openPlaced.count
            for index in openUsed.indices where openUsed[index] > 0 {
                let kind = history.open[index]
                guard readers[Int(kind.new)] == 0, !history.isExpectedByOpen[Int(kind.new)] else { continue }
                for number in kind.firstNumber..<kind.firstNumber + Int(openUsed[index]) {
                    row[start + number >> 6] &= ~(1 << UInt64(number & 63))
                }
            }
        }
        return cache.insert(row)
    }
}
