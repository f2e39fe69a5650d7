/// One register, as a specification for ``LinearizabilitySearch``: the plain statement of what
/// ``LinearizabilityChecker`` checks key by key with a faster search.
public struct RegisterModel: SequentialModel {
    /// An action of a client, and whether its outcome is known.
    public struct Operation: Hashable, Sendable {
        /// What was called, and what it answered.
        public var action: HistoryOperation.Action
        /// Whether it answered at all.
        public var isOpen: Bool

        /// An action of a client.
        public init(_ action: HistoryOperation.Action, isOpen: Bool) {
            self.action = action
            self.isOpen = isOpen
        }
    }

    /// The bytes of the value before the first operation; `nil` when there is none.
    public let initialState: [UInt8]?

    /// A register that starts with a value.
    public init(initial: String? = nil) {
        self.initialState = initial.map { Array($0.utf8) }
    }

    public func apply(_ operation: Operation, to state: [UInt8]?) -> [UInt8]?? {
        switch operation.action {
        case .read(let value):
            return operation.isOpen || bytes(value) == state ? .some(state) : .none
        case .write(let value):
            return .some(bytes(value))
        case .compareAndSet(let expected, let new, let succeeded):
            let matches = bytes(expected) == state
            guard operation.isOpen || matches == succeeded else { return .none }
            return .some(matches ? bytes(new) : state)
        }
    }

    public func isReadOnly(_ operation: Operation) -> Bool {
        switch operation.action {
        case .read: true
        case .write: false
        case .compareAndSet(_, _, let succeeded): !succeeded && !operation.isOpen
        }
    }

    private func bytes(_ value: String?) -> [UInt8]? { value.map { Array($0.utf8) } }
}
