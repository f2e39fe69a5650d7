package import RaftTracing

/// A look at the machine. Ends exactly once (rule R3).
package class MachineRead: @unchecked Sendable {
    // Unchecked, because the class is open to a typed subclass, which holds nothing but an immutable completion.
    package let kind: ReadKind
    /// What has caused it; nil where that is not recorded.
    package let trace: TraceContext?
    package init(_ kind: ReadKind, trace: TraceContext? = nil) {
        self.kind = kind
        self.trace = trace
    }
    package func fail(_ error: RaftError) { preconditionFailure("implemented by TypedRead") }
}

/// Looks at a machine of one type.
package final class TypedRead<Machine: StateMachine>: MachineRead, @unchecked Sendable {
    // Unchecked as its superclass is: the completion is immutable and Sendable.
    private let completion: @Sendable (Result<Machine, RaftError>, ReadProof?) -> Void

    /// - Parameter completion: is also told what the answer rests on.
    package init(
        _ kind: ReadKind, trace: TraceContext? = nil,
        proven completion: @escaping @Sendable (Result<Machine, RaftError>, ReadProof?) -> Void
    ) {
        self.completion = completion
        super.init(kind, trace: trace)
    }

    package convenience init(
        _ kind: ReadKind = .linearizable, trace: TraceContext? = nil,
        completion: @escaping @Sendable (Result<Machine, RaftError>) -> Void
    ) {
        self.init(kind, trace: trace) { result, _ in completion(result) }
    }

    func end(with machine: Machine, _ proof: ReadProof) { completion(.success(machine), proof) }
    package override func fail(_ error: RaftError) { completion(.failure(error), nil) }
}
