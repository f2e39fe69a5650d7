/// Makes up a history that is linearizable by construction: clients on a store that takes each operation at one instant
/// between its call and its return. To try a checker on, and to measure it.
package struct SampleHistory {
    /// The number of operations.
    package var operations = 1_000
    /// The number of clients, each with one operation under way.
    package var clients = 10
    /// The number of keys.
    package var keys = 1
    /// The number of values that are written again and again; `nil` for a fresh value with every write.
    package var values: Int?
    /// So many of a thousand operations never answer; half of these take effect at some time, the others never.
    package var lost: UInt64 = 10
    /// So many of a thousand operations compare and set.
    package var swaps: UInt64 = 150
    /// What decides everything else.
    package var seed: UInt64 = 1

    package init() {}

    private struct Call {
        var operation: HistoryOperation
        var effect: UInt64?
    }

    /// The operations, by the times at which they took effect.
    package func make() -> [HistoryOperation] {
        var random = SeededRandom(seed: seed)
        var calls: [Call] = []
        var free = [UInt64](repeating: 0, count: max(1, clients))
        var nextProcess = free.count
        var process = Array(free.indices)
        while calls.count < operations {
            guard let client = free.indices.min(by: { free[$0] < free[$1] }) else { break }
            let invoked = free[client] + random.next(in: 1...20)
            let effect = invoked + random.next(in: 1...(random.chance(50) ? 400 : 60))
            let returned = effect + random.next(in: 1...60)
            var call = Call(
                operation: HistoryOperation(
                    process: process[client], key: "key\(random.index(below: max(1, keys)))",
                    action: action(&random, number: calls.count), invoked: invoked, returned: returned),
                effect: effect)
            free[client] = returned
            if random.chance(lost) {
                call.operation.returned = nil
                call.effect = random.chance(500) ? invoked + random.next(in: 1...20_000) : nil
                process[client] = nextProcess
                nextProcess += 1
            }
            calls.append(call)
        }
        return perform(calls, &random)
    }

    private func action(_ random: inout SeededRandom, number: Int) -> HistoryOperation.Action {
        let value = values.map { "\(random.index(below: max(1, $0)))" } ?? "v\(number)"
        if random.chance(swaps) { return .compareAndSet(expected: nil, new: value, succeeded: false) }
        if random.chance(600) { return .read(nil) }
        return .write(random.chance(20) ? nil : value)
    }

    /// Lets every call take effect in turn, and notes what it answers. A comparison expects the value that is there, or
    /// one that was there.
    private func perform(_ calls: [Call], _ random: inout SeededRandom) -> [HistoryOperation] {
        let order = calls.indices.sorted { (calls[$0].effect ?? .max, $0) < (calls[$1].effect ?? .max, $1) }
        var store: [String: [String?]] = [:]
        return order.map { index in
            var operation = calls[index].operation
            let past = store[operation.key] ?? [nil]
            let value = past.last ?? nil
            switch operation.action {
            case .read:
                operation.action = .read(value)
            case .write(let new):
                if calls[index].effect != nil { store[operation.key] = past.suffix(3) + [new] }
            case .compareAndSet(_, let new, _):
                let expected = random.chance(600) ? value : random.pick(past)
                operation.action = .compareAndSet(expected: expected, new: new, succeeded: expected == value)
                if expected == value, calls[index].effect != nil { store[operation.key] = past.suffix(3) + [new] }
            }
            return operation
        }
    }

    /// Makes one read of a history answer with a value that was replaced for certain before the read began, and gives its
    /// index; `nil` when there is no such read. The history must have been made with fresh values.
    ///
    /// - Parameter fraction: Where in the history the read is looked for, from 0 to 1.
    package static func plantStaleRead(in operations: inout [HistoryOperation], at fraction: Double = 0.8) -> Int? {
        let start = min(operations.count, max(0, Int(Double(operations.count) * fraction)))
        for index in operations.indices[start...] {
            let read = operations[index]
            guard case .read = read.action, read.returned != nil else { continue }
            let writes = operations.filter { write in
                guard write.key == read.key, case .write(.some) = write.action else { return false }
                return write.returned.map { $0 < read.invoked } ?? false
            }
            guard let newer = writes.max(by: { $0.invoked < $1.invoked }),
                let older = writes.filter({ ($0.returned ?? .max) < newer.invoked }).max(by: { $0.invoked < $1.invoked }
                ),
                case .write(let stale) = older.action
            else { continue }
            operations[index].action = .read(stale)
            return index
        }
        return nil
    }
}
