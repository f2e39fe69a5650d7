public import RaftMembership

/// One client of a load: a plain value that says what to do next. Its level does it, one operation at a time.
public struct LoadClient: Sendable {
    public let process: Int
    /// The one node that it asks; nil follows the leader.
    public let node: NodeID?
    private let sharedKeys: Int
    private var random: LoadRandom
    private var writes = 0
    /// What it saw last of each shared key, the best guess for a comparison.
    private var seen: [Int: String] = [:]

    init(process: Int, node: NodeID?, load: ScenarioLoad) {
        self.process = process
        self.node = node
        sharedKeys = max(1, load.sharedKeys)
        random = LoadRandom(state: load.seed ^ (UInt64(process) &+ 1) &* 0x9E37_79B9_7F4A_7C15)
    }

    /// What to do next. Every value is written once in a history, so that a read says which write it saw.
    public mutating func next() -> ScenarioOperation {
        let shared = Int(random.next() % UInt64(sharedKeys))
        let key = "shared/\(shared)"
        guard node == nil else { return .get(key) }
        switch random.next() % 100 {
        case ..<35:
            return .get(key)
        case ..<65:
            writes += 1
            return .put("\(ScenarioLoad.ledgerPrefix)\(process)/\(writes)", "\(process)-\(writes)")
        case ..<80:
            writes += 1
            return .put(key, "\(process)-\(writes)")
        case ..<92:
            writes += 1
            return .compareAndSet(key, expected: seen[shared], new: "\(process)-\(writes)")
        default:
            return .delete(key)
        }
    }

    /// What came of it.
    public mutating func ended(_ operation: ScenarioOperation, _ outcome: ScenarioOutcome) {
        guard let shared = (0..<sharedKeys).first(where: { operation.key == "shared/\($0)" }) else { return }
        switch (operation, outcome) {
        case (.get, .value(let value)): seen[shared] = value
        case (.put(_, let value), .done), (.compareAndSet(_, _, let value), .done): seen[shared] = value
        case (.delete, .done): seen[shared] = nil
        default: break
        }
    }
}

/// Reproducible numbers (Steele, Lea, Flood: SplitMix64).
private struct LoadRandom: Sendable {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
