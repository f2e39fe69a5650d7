public import RaftCore

/// The key-value machine of scenarios, for levels that choose their own: a plain value, cheap enough to run inline. It is
/// `Codable`, which is all that its snapshots need.
public struct ScenarioMachine: StateMachine, Codable {
    public private(set) var values: [String: String] = [:]

    public init() {}

    public var isInline: Bool { true }

    public mutating func apply(_ command: ScenarioOperation) -> ScenarioOutcome {
        switch command {
        case .get(let key): return .value(values[key])
        case .put(let key, let value): values[key] = value
        case .delete(let key): values[key] = nil
        case .compareAndSet(let key, let expected, let new):
            guard values[key] == expected else { return .refused }
            values[key] = new
        }
        return .done
    }
}
