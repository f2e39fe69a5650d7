/// Looks for an order of operations that explains what each of them answered, for an object of any kind.
///
/// This is Wing and Gong's search with Lowe's improvements: calls and returns in a linked list, operations lifted out of
/// it as they are placed, and a cache of the configurations (set of placed operations, state) that are known to lead
/// nowhere. It takes no recursion, so that the length of a history costs memory, never the stack.
///
/// An object that is made of independent parts, as a store of keys is, is best checked part by part: a history is
/// linearizable exactly when that of each part is. ``LinearizabilityChecker`` does so for registers and key-value stores,
/// with a search of its own that knows about values.
public struct LinearizabilitySearch<Model: SequentialModel> {
    private let model: Model
    private let stepBudget: Int

    /// A search for a model. After `stepBudget` operations were tried, in any order, it gives up as undecided.
    public init(_ model: Model, stepBudget: Int = 10_000_000) {
        self.model = model
        self.stepBudget = stepBudget
    }

    private struct Configuration: Hashable {
        var placed: [UInt64]
        var state: Model.State
    }

    private struct Frame {
        var state: Model.State
        var trailCount: Int
        var candidates: [Int]
    }

    /// Searches. Every operation that returned must be placed between its call and its return; an open one may be placed
    /// anywhere after its call, or nowhere.
    public func run(_ operations: [TimedOperation<Model.Operation>]) -> SearchOutcome {
        var list = CallReturnList(invoked: operations.map(\.invoked), returned: operations.map(\.returned))
        let open = operations.indices.filter {
            operations[$0].returned == nil && !model.isReadOnly(operations[$0].operation)
        }
        var placed = [UInt64](repeating: 0, count: (operations.count + 63) / 64)
        var seen: Set<Configuration> = []
        var trail: [Int] = []
        var frames: [Frame] = []
        var state = model.initialState
        var steps = 0

        func place(_ operation: Int) {
            placed[operation >> 6] |= 1 << UInt64(operation & 63)
            if operations[operation].returned != nil { list.lift(operation) }
            trail.append(operation)
        }

        func undo(to count: Int) {
            while trail.count > count {
                let operation = trail.removeLast()
                placed[operation >> 6] &= ~(1 << UInt64(operation & 63))
                if operations[operation].returned != nil { list.unlift(operation) }
            }
        }

        /// Places what only reads and fits, then lists what may come next, the first choice last.
        func candidates() -> [Int] {
            var found: [Int] = []
            var position = list.first
            while position != list.end, let operation = list.called(at: position) {
                position = list.position(after: position)
                if !model.isReadOnly(operations[operation].operation) {
                    found.append(operation)
                } else if model.apply(operations[operation].operation, to: state) != nil {
                    place(operation)
                    // Its return may have been what ended the list of calls: go on from the next position left.
                    if position != list.end, position == list.return[operation] {
                        position = list.position(after: position)
                    }
                }
            }
            let optional = open.filter { list.call[$0] < position && placed[$0 >> 6] & (1 << UInt64($0 & 63)) == 0 }
            return optional.reversed() + found.reversed()
        }

        frames.append(Frame(state: state, trailCount: 0, candidates: candidates()))
        frames[0].trailCount = trail.count
        seen.insert(Configuration(placed: placed, state: state))
        if list.first == list.end { return .linearizable }
        while let frame = frames.last {
            undo(to: frame.trailCount)
            guard let operation = frames[frames.count - 1].candidates.popLast() else {
                frames.removeLast()
                continue
            }
            steps += 1
            if steps > stepBudget { return .undecided(steps: steps - 1) }
            guard let after = model.apply(operations[operation].operation, to: frame.state) else { continue }
            state = after
            place(operation)
            let next = candidates()
            if list.first == list.end { return .linearizable }
            if seen.insert(Configuration(placed: placed, state: state)).inserted {
                frames.append(Frame(state: state, trailCount: trail.count, candidates: next))
            }
        }
        return .notLinearizable
    }
}
