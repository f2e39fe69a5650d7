/// The history of one key, made ready for ``RegisterSearch``: values are small numbers, and what cannot matter is gone.
///
/// - Values that no operation observes are one and the same value.
/// - Open reads constrain nothing, and neither do open writes of a value that nobody observes, unless a failed
///   comparison is there to profit from the change.
struct RegisterHistory {
    /// What an operation does, with its values as numbers.
    enum Effect: Hashable {
        case read(Int32)
        case write(Int32)
        /// A comparison that held, and the write that followed.
        case swap(expected: Int32, new: Int32)
        /// A comparison that found another value.
        case mismatch(Int32)
    }

    /// Open operations with the same effect: any of them is as good as another, so they are used in order of call.
    struct OpenKind {
        /// `nil` for a plain write.
        var expected: Int32?
        var new: Int32
        /// The positions of the calls, rising.
        var calls: [Int32]
        /// The number of the first of these operations, of all open ones.
        var firstNumber = 0
    }

    /// The number of distinct values.
    private(set) var valueCount = 0
    /// The value before the first operation.
    private(set) var initial: Int32 = 0
    /// The operations that returned, in order of call.
    private(set) var effects: [Effect] = []
    /// For each of them a number that it shares with those of equal effect.
    private(set) var kinds: [Int32] = []
    /// The number of distinct effects.
    private(set) var kindCount = 0
    /// The open operations that may matter.
    private(set) var open: [OpenKind] = []
    /// The number of open operations.
    private(set) var openCount = 0
    /// The indices in `open` of those that produce a value.
    private(set) var openProducers: [[Int]] = []
    /// The indices in `open` of those that expect a value first.
    private(set) var openSwaps: [Int] = []
    /// Whether some open operation expects a value.
    private(set) var isExpectedByOpen: [Bool] = []
    /// Calls and returns; operations are numbered as in `effects`, open ones after them.
    private(set) var list = CallReturnList(invoked: [], returned: [])
    /// For each position the number of completed operations called before it.
    private(set) var calledBefore: [Int32] = []
    /// For each position the number of open operations called before it.
    private(set) var openCalledBefore: [Int32] = []

    init(_ operations: [HistoryOperation], initial: String?) {
        var numbers: [RegisterValue: Int32] = [:]
        func number(_ value: String?) -> Int32 {
            let next = Int32(numbers.count)
            let value = RegisterValue(value)
            if let known = numbers[value] { return known }
            numbers[value] = next
            return next
        }
        let first = number(initial)
        var raw: [(effect: Effect, invoked: UInt64, returned: UInt64?)] = []
        raw.reserveCapacity(operations.count)
        for operation in operations {
            let effect: Effect
            switch (operation.action, operation.returned == nil) {
            case (.read, true): continue
            case (.read(let value), false): effect = .read(number(value))
            case (.write(let value), _): effect = .write(number(value))
            case (.compareAndSet(let expected, let new, let succeeded), let isOpen):
                if !isOpen, !succeeded {
                    effect = .mismatch(number(expected))
                } else if RegisterValue(expected) == RegisterValue(new) {
                    if isOpen { continue }
                    effect = .read(number(expected))
                } else {
                    effect = .swap(expected: number(expected), new: number(new))
                }
            }
            raw.append((effect, operation.invoked, operation.returned))
        }
        Self.dropSatisfiedMismatches(from: &raw)
        mergeUnobserved(in: &raw, initial: first, count: numbers.count)
        arrange(raw)
    }

    /// The value that a completed operation leaves, or -1 when it leaves the one it finds.
    func newValue(of operation: Int) -> Int32 {
        switch effects[operation] {
        case .write(let value), .swap(_, let value): value
        case .read, .mismatch: -1
        }
    }

    /// Drops the failed comparisons that surely found another value: while they ran, an operation began and ended that has
    /// seen or made another one.
    private static func dropSatisfiedMismatches(from raw: inout [(effect: Effect, invoked: UInt64, returned: UInt64?)])
    {
        // A comparison that runs for very long is kept rather than looked at in full.
        let patience = 1_000
        let byCall = raw.indices.sorted { raw[$0].invoked < raw[$1].invoked }
        var isDropped = [Bool](repeating: false, count: raw.count)
        for (rank, index) in byCall.enumerated() {
            guard case .mismatch(let expected) = raw[index].effect, let returned = raw[index].returned else { continue }
            for other in byCall[(rank + 1)...].prefix(patience) {
                guard raw[other].invoked < returned else { break }
                guard raw[other].invoked > raw[index].invoked, let end = raw[other].returned, end < returned else {
                    continue
                }
                let provesAnother =
                    switch raw[other].effect {
                    case .read(let value), .write(let value): value != expected
                    case .swap: true
                    case .mismatch(let value): value == expected
                    }
                if provesAnother {
                    isDropped[index] = true
                    break
                }
            }
        }
        raw = raw.indices.filter { !isDropped[$0] }.map { raw[$0] }
    }

    /// Gives all values that nobody observes one number, and drops open operations that nobody can notice.
    private mutating func mergeUnobserved(
        in raw: inout [(effect: Effect, invoked: UInt64, returned: UInt64?)], initial first: Int32, count: Int
    ) {
        var observed = [Bool](repeating: false, count: count)
        var hasMismatch = false
        for (effect, _, _) in raw {
            switch effect {
            case .read(let value), .swap(let value, _): observed[Int(value)] = true
            case .mismatch(let value):
                observed[Int(value)] = true
                hasMismatch = true
            case .write: break
            }
        }
        if !hasMismatch {
            raw.removeAll { operation in
                guard operation.returned == nil else { return false }
                switch operation.effect {
                case .write(let value), .swap(_, let value): return !observed[Int(value)]
                case .read, .mismatch: return false
                }
            }
        }
        var renumbered = [Int32](repeating: 0, count: count)
        var next: Int32 = 1  // 0 stands for all that is unobserved.
        for value in 0..<count where observed[value] {
            renumbered[value] = next
            next += 1
        }
        valueCount = Int(next)
        initial = renumbered[Int(first)]
        for index in raw.indices {
            switch raw[index].effect {
            case .read(let value): raw[index].effect = .read(renumbered[Int(value)])
            case .mismatch(let value): raw[index].effect = .mismatch(renumbered[Int(value)])
            case .write(let value): raw[index].effect = .write(renumbered[Int(value)])
            case .swap(let expected, let new):
                raw[index].effect = .swap(expected: renumbered[Int(expected)], new: renumbered[Int(new)])
            }
        }
    }

    private mutating func arrange(_ raw: [(effect: Effect, invoked: UInt64, returned: UInt64?)]) {
        let completed = raw.indices.filter { raw[$0].returned != nil }
            .sorted { (raw[$0].invoked, $0) < (raw[$1].invoked, $1) }
        let pending = raw.indices.filter { raw[$0].returned == nil }
            .sorted { (raw[$0].invoked, $0) < (raw[$1].invoked, $1) }
        let order = completed + pending
        list = CallReturnList(invoked: order.map { raw[$0].invoked }, returned: order.map { raw[$0].returned })

        calledBefore = Array(repeating: 0, count: Int(list.end) + 1)
        openCalledBefore = calledBefore
        for operation in order.indices {
            let position = Int(list.call[operation]) + 1
            if operation < completed.count { calledBefore[position] = 1 } else { openCalledBefore[position] = 1 }
        }
        for position in calledBefore.indices.dropFirst() {
            calledBefore[position] += calledBefore[position - 1]
            openCalledBefore[position] += openCalledBefore[position - 1]
        }

        effects = completed.map { raw[$0].effect }
        var kindOf: [Effect: Int32] = [:]
        for effect in effects {
            let next = Int32(kindOf.count)
            let kind = kindOf[effect] ?? next
            kindOf[effect] = kind
            kinds.append(kind)
        }
        kindCount = kindOf.count

        openProducers = Array(repeating: [], count: valueCount)
        isExpectedByOpen = Array(repeating: false, count: valueCount)
        var openKindOf: [Effect: Int] = [:]
        for (offset, index) in pending.enumerated() {
            let call = list.call[completed.count + offset]
            if let kind = openKindOf[raw[index].effect] {
                open[kind].calls.append(call)
                continue
            }
            openKindOf[raw[index].effect] = open.count
            switch raw[index].effect {
            case .write(let value):
                openProducers[Int(value)].append(open.count)
                open.append(OpenKind(expected: nil, new: value, calls: [call]))
            case .swap(let expected, let new):
                openProducers[Int(new)].append(open.count)
                openSwaps.append(open.count)
                isExpectedByOpen[Int(expected)] = true
                open.append(OpenKind(expected: expected, new: new, calls: [call]))
            case .read, .mismatch:
                break  // Open operations of these kinds were dropped.
            }
        }
        for kind in open.indices {
            open[kind].firstNumber = openCount
            openCount += open[kind].calls.count
        }
    }
}

/// A value told apart by its bytes, where `String` would take equivalent spellings for the same.
struct RegisterValue: Hashable {
    let text: String?

    init(_ text: String?) {
        self.text = text
    }

    static func == (left: RegisterValue, right: RegisterValue) -> Bool {
        switch (left.text, right.text) {
        case (nil, nil): true
        case (let left?, let right?): left.utf8.elementsEqual(right.utf8)
        default: false
        }
    }

    func hash(into hasher: inout Hasher) {
        guard let text else { return hasher.combine(0 as UInt8) }
        hasher.combine(1 as UInt8)
        for byte in text.utf8 { hasher.combine(byte) }
    }
}
