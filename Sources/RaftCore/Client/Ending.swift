import Synchronization

/// The end of a node, awaited by any number of tasks.
final class Ending: Sendable {
    private struct State {
        var hasEnded = false
        var failure: RaftError?
        var waiting: [CheckedContinuation<RaftError?, Never>] = []
    }

    private let state = Mutex(State())

    /// The first call counts.
    func end(_ failure: RaftError?) {
        let waiting = state.withLock { state in
            guard !state.hasEnded else { return [CheckedContinuation<RaftError?, Never>]() }
            state.hasEnded = true
            state.failure = failure
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: failure) }
    }

    func wait() async -> RaftError? {
        await withCheckedContinuation { continuation in
            let ended: RaftError?? = state.withLock { state in
                if state.hasEnded { return .some(state.failure) }
                state.waiting.append(continuation)
                return nil
            }
            if let ended { continuation.resume(returning: ended) }
        }
    }
}

/// Calls back once, whoever asks first.
final class Once: Sendable {
    private let called = Atomic<Bool>(false)
    private let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    func call() {
        if called.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged { body() }
    }
}
