/// One state of everything, in numbers of `ModelTables`: the servers by slot, the messages under way in ascending order,
/// and what is left of the budget.
struct ModelState: Sendable {
    var servers: [UInt32]
    var messages: [UInt32] = []
    var budget: ModelBudget
}

/// States one behind the other in one array, so that millions need no allocation each.
struct ModelFrontier: Sendable {
    private var words: [UInt32] = []
    private var numbers: [UInt32] = []
    let nodes: Int

    init(nodes: Int) { self.nodes = nodes }

    var count: Int { numbers.count }
    var wordCount: Int { words.count }

    mutating func append(_ state: ModelState, number: UInt32) {
        numbers.append(number)
        words.append(UInt32(state.messages.count))
        let budget = state.budget.packed
        words.append(UInt32(truncatingIfNeeded: budget >> 32))
        words.append(UInt32(truncatingIfNeeded: budget))
        words.append(contentsOf: state.servers)
        words.append(contentsOf: state.messages)
    }

    /// Reads the state at `offset` of the words into `state`; returns the offset of the next one.
    func read(at offset: Int, into state: inout ModelState) -> Int {
        let count = Int(words[offset])
        state.budget = ModelBudget(packed: UInt64(words[offset + 1]) << 32 | UInt64(words[offset + 2]))
        for slot in 0..<nodes { state.servers[slot] = words[offset + 3 + slot] }
        let first = offset + 3 + nodes
        state.messages.removeAll(keepingCapacity: true)
        state.messages.append(contentsOf: words[first..<first + count])
        return first + count
    }

    func number(at position: Int) -> UInt32 { numbers[position] }
}
