import Synchronization

/// Clients at work, each in a task of its own, for levels in real time. A load that was started must be stopped.
public final class RunningLoad: Sendable {
    /// Whether clients are to stop after the operation at hand.
    public final class Stop: Sendable {
        private let flag = Atomic<Bool>(false)
        public var isSet: Bool { flag.load(ordering: .acquiring) }
        func set() { flag.store(true, ordering: .releasing) }
    }

    private let end = Stop()
    private let tasks: [Task<Void, Never>]

    /// - Parameter clients: each runs until the stop that it is given is set.
    public init(_ clients: [@Sendable (Stop) async -> Void]) {
        let end = end
        tasks = clients.map { client in Task { await client(end) } }
    }

    /// Returns when every client has ended its operation.
    public func stop() async {
        end.set()
        for task in tasks { await task.value }
    }
}
