/// Calls of one kind that wait for the engine's word, by their number. Bounded; each is answered once, by whoever takes it
/// out.
struct WaitingCalls<Value> {
    typealias Completion = @Sendable (Result<Value, RaftError>) -> Void

    private static var limit: Int { 64 }

    private var waiting: [UInt64: Completion] = [:]
    private var last: UInt64 = 0

    /// Nil when there are too many.
    mutating func add(_ completion: @escaping Completion) -> CallID? {
        guard waiting.count < Self.limit else { return nil }
        last += 1
        waiting[last] = completion
        return CallID(rawValue: last)
    }

    mutating func take(_ id: CallID) -> Completion? { waiting.removeValue(forKey: id.rawValue) }

    /// In the order in which they came.
    mutating func takeAll() -> [Completion] {
        defer { waiting = [:] }
        return waiting.sorted { $0.key < $1.key }.map(\.value)
    }
}
