/// What an object would answer if its operations came one after the other: the specification that a history of
/// concurrent operations is checked against.
///
/// ```swift
/// struct Counter: SequentialModel {
///     enum Call { case add(Int), get(answered: Int) }
///     let initialState = 0
///     func apply(_ call: Call, to total: Int) -> Int? {
///         switch call {
///         case .add(let amount): total + amount
///         case .get(let answered): answered == total ? total : nil
///         }
///     }
/// }
/// ```
public protocol SequentialModel {
    /// The state of the object.
    associatedtype State: Hashable
    /// A call together with what it answered.
    associatedtype Operation

    /// The state before the first operation.
    var initialState: State { get }

    /// The state after an operation, or `nil` when the operation would have answered otherwise in this state.
    ///
    /// For an operation whose outcome is unknown there is no answer to compare: the model gives the state it leads to.
    func apply(_ operation: Operation, to state: State) -> State?

    /// Whether an operation never changes any state. Such operations are put in their place without searching, which
    /// makes large histories cheap; `false`, the default, is always correct.
    func isReadOnly(_ operation: Operation) -> Bool
}

extension SequentialModel {
    /// Nothing is known to be read-only.
    public func isReadOnly(_ operation: Operation) -> Bool { false }
}
