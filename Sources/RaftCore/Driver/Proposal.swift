package import RaftMembership
package import RaftTracing
import Synchronization

/// A call that waits for the outcome of one command. Ends exactly once, as committed, rejected or unknown (rule W1).
package class Proposal: @unchecked Sendable {
    // Unchecked, because the class is open to a typed subclass; the payload is immutable, and subclasses hold nothing
    // but an immutable completion.
    package let payload: [UInt8]
    /// The only term in which it may be appended; nil for any.
    package let fence: Term?
    /// What it does with a client session; nil for a command of none.
    package let session: SessionRequest?
    /// What has caused it; nil where that is not recorded.
    package let trace: TraceContext?
    /// What it has that most have not.
    let traits: ProposalTraits

    package init(payload: [UInt8], fence: Term? = nil, session: SessionRequest? = nil, trace: TraceContext? = nil) {
        self.payload = payload
        self.fence = fence
        self.session = session
        self.trace = trace
        var traits: ProposalTraits = fence != nil || session != nil ? .special : []
        if trace != nil { traits.insert(.traced) }
        self.traits = traits
    }

    /// It ended without an output.
    package func fail(_ error: RaftError) { preconditionFailure("implemented by TypedProposal") }
}

/// Told of a whole batch at once.
struct ProposalTraits: OptionSet {
    let rawValue: UInt8
    /// A fence or a session.
    static let special = ProposalTraits(rawValue: 1)
    static let traced = ProposalTraits(rawValue: 2)
}

/// Ends with the machine's output.
package class TypedProposal<Output: Sendable>: Proposal, @unchecked Sendable {
    // Unchecked as its superclass is: it holds nothing of its own.
    package func succeed(_ output: Output) { preconditionFailure("implemented by its kinds") }
    /// The same, told where in the log the command is.
    package func succeed(_ output: Output, at index: LogIndex) { succeed(output) }
}

/// Resumes a task.
package final class TaskProposal<Output: Sendable>: TypedProposal<Output>, @unchecked Sendable {
    // Unchecked as its superclass is: the continuation is immutable and Sendable.
    #if DEBUG
        package typealias Continuation = CheckedContinuation<Output, any Error>
    #else
        package typealias Continuation = UnsafeContinuation<Output, any Error>
    #endif
    private let continuation: Continuation

    package init(
        payload: [UInt8], fence: Term? = nil, session: SessionRequest? = nil, trace: TraceContext? = nil,
        continuation: Continuation
    ) {
        self.continuation = continuation
        super.init(payload: payload, fence: fence, session: session, trace: trace)
    }

    package override func succeed(_ output: Output) { continuation.resume(returning: output) }
    package override func fail(_ error: RaftError) { continuation.resume(throwing: error) }
}

/// Calls back on the lane where the outcome became known.
package final class CallbackProposal<Output: Sendable>: TypedProposal<Output>, @unchecked Sendable {
    // Unchecked as its superclass is: the completion is immutable and Sendable.
    private let completion: @Sendable (Result<Output, RaftError>) -> Void

    package init(payload: [UInt8], completion: @escaping @Sendable (Result<Output, RaftError>) -> Void) {
        self.completion = completion
        super.init(payload: payload)
    }

    package override func succeed(_ output: Output) { completion(.success(output)) }
    package override func fail(_ error: RaftError) { completion(.failure(error)) }
}

/// Calls back as `CallbackProposal` does, with the command's index in the log.
package final class IndexedProposal<Output: Sendable>: TypedProposal<Output>, @unchecked Sendable {
    // Unchecked as its superclass is: the completion is immutable and Sendable.
    private let completion: @Sendable (Result<(output: Output, index: LogIndex), RaftError>) -> Void

    package init(
        payload: [UInt8], session: SessionRequest? = nil, trace: TraceContext? = nil,
        completion: @escaping @Sendable (Result<(output: Output, index: LogIndex), RaftError>) -> Void
    ) {
        self.completion = completion
        super.init(payload: payload, session: session, trace: trace)
    }

    package override func succeed(_ output: Output, at index: LogIndex) { completion(.success((output, index))) }
    package override func fail(_ error: RaftError) { completion(.failure(error)) }
}

/// The outcomes of commands that were proposed together, each in its place.
package final class ProposalGroup<Output: Sendable>: Sendable {
    private struct State {
        var outcomes: [Result<Output, RaftError>?]
        var left: Int
    }

    private let state: Mutex<State>
    private let completion: @Sendable ([Result<Output, RaftError>]) -> Void

    /// - Parameter completion: called once, when all have ended; at once for none.
    package init(count: Int, completion: @escaping @Sendable ([Result<Output, RaftError>]) -> Void) {
        state = Mutex(State(outcomes: [Result<Output, RaftError>?](repeating: nil, count: count), left: count))
        self.completion = completion
        if count == 0 { completion([]) }
    }

    func end(_ position: Int, _ outcome: Result<Output, RaftError>) {
        let all: [Result<Output, RaftError>]? = state.withLock { state in
            state.outcomes[position] = outcome
            state.left -= 1
            return state.left == 0 ? state.outcomes.compactMap { $0 } : nil
        }
        if let all { completion(all) }
    }
}

/// One of a group.
package final class GroupedProposal<Output: Sendable>: TypedProposal<Output>, @unchecked Sendable {
    // Unchecked as its superclass is: both parts are immutable, and the group has a lock.
    private let group: ProposalGroup<Output>
    private let position: Int

    package init(
        payload: [UInt8], fence: Term?, trace: TraceContext?, group: ProposalGroup<Output>, position: Int
    ) {
        self.group = group
        self.position = position
        super.init(payload: payload, fence: fence, trace: trace)
    }

    package override func succeed(_ output: Output) { group.end(position, .success(output)) }
    package override func fail(_ error: RaftError) { group.end(position, .failure(error)) }
}

/// A proposal and the entry that carries it.
package struct Waiter: Sendable {
    package let id: LogID
    package let proposal: Proposal
}

/// Waiters in the order of their entries, taken from the front as entries are applied.
struct WaiterQueue {
    private var waiters: [Waiter] = []
    private var head = 0

    var count: Int { waiters.count - head }

    mutating func append(_ proposals: some Sequence<Proposal>, from first: LogIndex, term: Term) {
        var index = first
        for proposal in proposals {
            waiters.append(Waiter(id: LogID(term: term, index: index), proposal: proposal))
            index = index.next
        }
    }

    /// Those of entries up to `index`.
    mutating func take(through index: LogIndex) -> ArraySlice<Waiter> {
        var end = head
        while end < waiters.count, waiters[end].id.index <= index { end += 1 }
        let taken = waiters[head..<end]
        head = end
        if head == waiters.count {
            waiters = []
            head = 0
        } else if head > 4096, head > waiters.count / 2 {
            waiters.removeFirst(head)
            head = 0
        }
        return taken
    }

    /// Those of entries after `index`.
    mutating func take(after index: LogIndex) -> [Waiter] {
        var start = waiters.count
        while start > head, waiters[start - 1].id.index > index { start -= 1 }
        let taken = Array(waiters[start...])
        waiters.removeLast(taken.count)
        return taken
    }
}
