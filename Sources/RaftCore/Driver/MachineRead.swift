/// A look at the machine. Ends exactly once (rule R3).
package class MachineRead: @unchecked Sendable {
    // Unchecked, because the class is open to a typed subclass, which holds nothing but an immutable completion.
    package let kind: ReadKind
    package init(_ kind: ReadKind) { self.kind = kind }
    package func fail(_ error: RaftError) { preconditionFailure("implemented by TypedRead") }
}

/// Looks at a machine of one type.
package final class TypedRead<Machine: StateMachine>: MachineRead, @unchecked Sendable {
    // Unchecked as its superclass is: the completion is immutable and Sendable.
    private let completion: @Sendable (Result<Machine, RaftError>, ReadProof?) -> Void

    /// - Parameter completion: is also told what the answer rests on.
    package init(
        _ kind: ReadKind, proven completion: @escaping @Sendable (Result<Machine, RaftError>, ReadProof?) -> Void
    ) {
        self.completion = completion
        super.init(kind)
    }

    package convenience init(
        _ kind: ReadKind = .linearizable, completion: @escaping @Sendable (Result<Machine, RaftError>) -> Void
    ) {
        self.init(kind) { result, _ in completion(result) }
    }

    func end(with machine: Machine, _ proof: ReadProof) { completion(.success(machine), proof) }
    package override func fail(_ error: RaftError) { completion(.failure(error), nil) }
}
