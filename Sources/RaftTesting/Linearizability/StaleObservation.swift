/// The commonest violation, found without a search: an operation has seen a value whose every writer was followed, before
/// the operation was called, by an operation that has seen or made another value.
struct StaleObservation {
    private struct Evidence {
        var call: Int32
        /// Among this and all later calls: the first return, its value, and the first return with another value.
        var value: Int32
        var firstReturn: Int32
        var otherReturn: Int32
    }

    private let history: RegisterHistory
    /// For each value its writers by call, each with the last return among it and all earlier ones.
    private var writers: [[(call: Int32, lastReturn: Int32)]]
    private var evidence: [Evidence] = []

    init(_ history: RegisterHistory) {
        self.history = history
        writers = Array(repeating: [], count: history.valueCount)
        for operation in history.effects.indices {
            let value = history.newValue(of: operation)
            guard value >= 0 else { continue }
            writers[Int(value)].append((history.list.call[operation], history.list.return[operation]))
        }
        for kind in history.open {
            for call in kind.calls { writers[Int(kind.new)].append((call, .max)) }
        }
        for value in writers.indices {
            writers[value].sort { $0.call < $1.call }
            for index in writers[value].indices.dropFirst() {
                writers[value][index].lastReturn = max(
                    writers[value][index].lastReturn, writers[value][index - 1].lastReturn)
            }
        }
        collectEvidence()
    }

    private mutating func collectEvidence() {
        var last = Evidence(call: .max, value: -1, firstReturn: .max, otherReturn: .max)
        for operation in history.effects.indices.reversed() {
            let value: Int32
            switch history.effects[operation] {
            case .read(let seen), .write(let seen), .swap(_, let seen): value = seen
            case .mismatch: continue
            }
            let end = history.list.return[operation]
            if value == last.value {
                last.firstReturn = min(last.firstReturn, end)
            } else if end < last.firstReturn {
                last.otherReturn = last.firstReturn
                last.firstReturn = end
                last.value = value
            } else {
                last.otherReturn = min(last.otherReturn, end)
            }
            last.call = history.list.call[operation]
            evidence.append(last)
        }
        evidence.reverse()
    }

    /// The position at which the first operation returns that has seen what it cannot have seen; `nil` when there is none
    /// that is so simple.
    func firstReturn() -> Int32? {
        var first: Int32?
        for operation in history.effects.indices {
            let value: Int32
            switch history.effects[operation] {
            case .read(let seen), .swap(let seen, _): value = seen
            case .write, .mismatch: continue
            }
            let end = history.list.return[operation]
            guard first.map({ end < $0 }) ?? true else { continue }
            if isStale(value, called: history.list.call[operation], returned: end) { first = end }
        }
        return first
    }

    private func isStale(_ value: Int32, called: Int32, returned: Int32) -> Bool {
        let writers = writers[Int(value)]
        let count = partition(writers.count) { writers[$0].call >= returned }
        let lastReturn = count > 0 ? writers[count - 1].lastReturn : -1
        if count == 0, value != history.initial { return true }
        let index = partition(evidence.count) { evidence[$0].call > lastReturn }
        guard index < evidence.count else { return false }
        let best = evidence[index].value == value ? evidence[index].otherReturn : evidence[index].firstReturn
        return best < called
    }

    /// The first index from which on a condition holds.
    private func partition(_ count: Int, _ holds: (Int) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if holds(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
