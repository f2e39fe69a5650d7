import Synchronization

/// Clients at work, each in a task of its own, for levels in real time. A load that was started must be stopped.
public final class RunningLoad: Sendable {
    /// Set when clients are to stop after the operation at hand.
    private let end = StopSign()
    private let tasks: [Task<Void, Never>]

    /// - Parameters:
    ///   - load: what the clients do.
    ///   - clients: each with the call that does an operation for it and records it.
    public init(
        _ load: ScenarioLoad,
        _ clients: [(plan: LoadClient, perform: @Sendable (ScenarioOperation) async -> ScenarioOutcome)]
    ) {
        let end = end
        tasks = clients.map { client in
            Task {
                var plan = client.plan
                while !end.isSet {
                    let operation = plan.next()
                    plan.ended(operation, await client.perform(operation))
                    try? await Task.sleep(nanoseconds: load.pause)
                }
            }
        }
    }

    /// Returns when every client has ended its operation.
    public func stop() async {
        end.set()
        for task in tasks { await task.value }
    }
}

private final class StopSign: Sendable {
    private let flag = Atomic<Bool>(false)
    var isSet: Bool { flag.load(ordering: .acquiring) }
    func set() { flag.store(true, ordering: .releasing) }
}
