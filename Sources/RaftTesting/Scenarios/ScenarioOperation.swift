/// What a client asks of the key-value machine of a scenario. Keys and values are text.
public enum ScenarioOperation: Hashable, Sendable, Codable {
    case get(String)
    case put(String, String)
    case delete(String)
    /// Sets `key` to `new` when it holds `expected`; nil stands for a key that is not there.
    case compareAndSet(String, expected: String?, new: String)

    public var key: String {
        switch self {
        case .get(let key), .put(let key, _), .delete(let key), .compareAndSet(let key, _, _): key
        }
    }

    /// Whether it may change something, so that its outcome can be unknown.
    public var isWrite: Bool {
        if case .get = self { false } else { true }
    }
}

/// What became of an operation: done, in one of three ways, or one of the two other outcomes of a proposal (rule W1).
public enum ScenarioOutcome: Hashable, Sendable {
    /// To `get`: the value; nil when there is no such key.
    case value(String?)
    /// The write took place; a `delete` of a key that is not there counts as one.
    case done
    /// Committed, and nothing changed: the value was not the expected one.
    case refused
    /// It never took place and never will. - reason: one line.
    case rejected(String)
    /// It may have taken place, or may yet. Of a `get`: there was no answer. - reason: one line.
    case unknown(String)

    /// Whether somebody was told of a result.
    public var isAnswer: Bool {
        switch self {
        case .value, .done, .refused: true
        case .rejected, .unknown: false
        }
    }
}
