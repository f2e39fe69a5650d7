/// Checks histories of registers and key-value stores for linearizability: whether each operation can be given one
/// instant between its call and its return at which it took effect, so that every answer is explained.
///
/// ```swift
/// let verdict = LinearizabilityChecker().check([
///     HistoryOperation(process: 1, key: "x", action: .write("1"), invoked: 0, returned: 1),
///     HistoryOperation(process: 2, key: "x", action: .read(nil), invoked: 2, returned: 3),
/// ])
/// print(verdict)  // not linearizable: read by process 2 …
/// ```
///
/// Each key is checked for itself, which is exact: linearizability is a local property. Times may come from any clock or
/// counter that all processes share. Where the return of one operation and the call of another have the same time, the
/// two are taken as concurrent: a clock that is too coarse may hide a violation, but never makes one up.
///
/// Finding a linearization is NP-complete in general. Histories of 20,000 operations by 50 clients are decided in about a
/// second where every write has its own value, even on a single key, and where there are only a few values and hardly any
/// compare-and-set. What remains hard is dozens of clients at once on one key with a few values *and* many
/// compare-and-set: there the budget ends the search as undecided. Give test clients values of their own, or more keys.
public struct LinearizabilityChecker: Sendable {
    /// For each key the number of choices that may be tried before it is undecided.
    public let stepBudget: Int

    /// A checker. A step takes one or two microseconds and about a hundred bytes.
    public init(stepBudget: Int = 5_000_000) {
        self.stepBudget = stepBudget
    }

    /// Checks a history, its operations in any order. Keys start with their value in `initial`, the others are absent.
    ///
    /// Of several violations, that of the key called first is reported. An operation that returned before it was called
    /// is taken as returned when it was called.
    public func check(_ operations: [HistoryOperation], initial: [String: String] = [:]) -> Verdict {
        let initialValues = Dictionary(
            initial.map { (RegisterValue($0.key), $0.value) }, uniquingKeysWith: { first, _ in first })
        var undecided: Verdict?
        for (key, part) in Self.partition(operations) {
            let initial = initialValues[RegisterValue(key)]
            switch Self.outcome(part, initial: initial, stepBudget: stepBudget) {
            case .linearizable:
                continue
            case .notLinearizable:
                let shrinker = ViolationShrinker(initial: initial, stepBudget: stepBudget)
                let shrunk = shrinker.shrink(part)
                return .violation(LinearizabilityViolation(key: key, initial: initial, operations: shrunk))
            case .undecided(let steps):
                undecided = undecided ?? .undecided(Verdict.Undecided(key: key, steps: steps))
            }
        }
        return undecided ?? .linearizable
    }

    /// The operations of each key, keys in the order in which they are first called.
    private static func partition(_ operations: [HistoryOperation]) -> [(key: String, operations: [HistoryOperation])] {
        var slots: [RegisterValue: Int] = [:]
        var parts: [(key: String, operations: [HistoryOperation])] = []
        var called: [UInt64] = []
        for operation in operations {
            let key = RegisterValue(operation.key)
            if let slot = slots[key] {
                parts[slot].operations.append(operation)
                called[slot] = min(called[slot], operation.invoked)
            } else {
                slots[key] = parts.count
                parts.append((operation.key, [operation]))
                called.append(operation.invoked)
            }
        }
        return parts.indices.sorted { (called[$0], $0) < (called[$1], $1) }.map { parts[$0] }
    }

    static func outcome(_ operations: [HistoryOperation], initial: String?, stepBudget: Int) -> SearchOutcome {
        let history = RegisterHistory(operations, initial: initial)
        if StaleObservation(history).firstReturn() != nil { return .notLinearizable }
        var search = RegisterSearch(history)
        return search.run(stepBudget: stepBudget)
    }
}
