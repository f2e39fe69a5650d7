public struct HistoryOperation: Hashable, Sendable {
    public enum Action: Hashable, Sendable {
        case read(String?)
        case write(String?)
        case compareAndSet(expected: String?, new: String?, succeeded: Bool)
    }
    public var process: Int
    public var key: String
    public var action: Action
    public var invoked: UInt64
    public var returned: UInt64?
    public init(process: Int, key: String, action: Action, invoked: UInt64, returned: UInt64?) {
        self.process = process
        self.key = key
        self.action = action
        self.invoked = invoked
        self.returned = returned
    }
}
public enum Verdict: Sendable { case linearizable, violation, undecided }
public struct LinearizabilityChecker: Sendable {
    public init() {}
    public func check(_ operations: [HistoryOperation]) -> Verdict { .linearizable }
}
