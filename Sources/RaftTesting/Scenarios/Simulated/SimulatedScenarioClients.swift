import RaftCore
import RaftMembership

/// Clients of a simulated cluster: each looks for the leader and follows it, or asks one node only.
///
/// Unchecked, because a simulation is confined to one thread.
final class SimulatedScenarioClients: @unchecked Sendable {
    /// How long one node is waited for, and how long all of them.
    private static let attempt: UInt64 = 500_000_000
    static let limit: UInt64 = 4_000_000_000
    /// A reader that asks one node only asks again soon, so that it has a fresh question there when the node wakes.
    private static let readerAttempt: UInt64 = 200_000_000
    /// Before the node that was named is asked: two that name each other, as they do while leadership is handed over, would
    /// be asked for ever otherwise, and no time would pass.
    private static let hop: UInt64 = 1_000_000
    /// Before another node is asked.
    private static let rest: UInt64 = 10_000_000

    private struct Call {
        var process: Int
        var operation: ScenarioOperation
        /// Asked alone; nil for whoever leads.
        var node: Int?
        var target: Int
        var invoked: UInt64
        /// Counts the attempts: answers to earlier ones come too late.
        var attempts = 0
        var ended: (ScenarioOutcome) -> Void
    }

    private let cluster: SimulatedCluster<ScenarioMachine>
    private let world: World
    private let history: ScenarioHistory
    private var random: SeededRandom
    private var calls: [Int: Call] = [:]
    private var lastCall = 0
    private var plans: [LoadClient] = []
    private var pause: UInt64 = 0
    private var isRunning = false
    /// Clients in the middle of an operation, or about to begin one.
    private var busy = 0

    init(_ cluster: SimulatedCluster<ScenarioMachine>, _ history: ScenarioHistory, _ random: SeededRandom) {
        self.cluster = cluster
        world = cluster.core.world
        self.history = history
        self.random = random
    }

    // MARK: The load

    var isWorking: Bool { isRunning || busy > 0 }

    func start(_ plans: [LoadClient], pause: UInt64) {
        self.plans = plans
        self.pause = pause
        isRunning = true
        busy = plans.count
        for client in plans.indices { rest(client, atMost: pause) }
    }

    func stop() { isRunning = false }

    private func rest(_ client: Int, atMost span: UInt64) {
        world.after(random.next(in: span / 2...max(span, 1))) { [unowned self] in work(client) }
    }

    private func work(_ client: Int) {
        guard isRunning else {
            busy -= 1
            return
        }
        let operation = plans[client].next()
        perform(operation, at: plans[client].node, as: plans[client].process) { [unowned self] outcome in
            plans[client].ended(operation, outcome)
            rest(client, atMost: pause)
        }
    }

    // MARK: One operation

    /// Does one operation and records it, then tells `ended`.
    func perform(
        _ operation: ScenarioOperation, at node: NodeID?, as process: Int,
        _ ended: @escaping (ScenarioOutcome) -> Void
    ) {
        let nodes = cluster.core.nodes
        let only = node.flatMap { node in nodes.firstIndex { $0.id == node } }
        lastCall += 1
        calls[lastCall] = Call(
            process: process, operation: operation, node: only, target: only ?? abs(process) % nodes.count,
            invoked: cluster.now, ended: ended)
        attempt(lastCall)
    }

    private func attempt(_ number: Int) {
        guard var call = calls[number] else { return }
        call.attempts += 1
        calls[number] = call
        let attempt = call.attempts
        guard let raft = cluster.raft(cluster.core.nodes[call.target]) else {
            answered(number, attempt, .rejected("node \(call.target + 1) does not run"), nil)
            return
        }
        world.after(call.node == nil ? Self.attempt : Self.readerAttempt) { [unowned self] in
            answered(number, attempt, .unknown("no answer"), nil)
        }
        if case .get(let key) = call.operation {
            raft.read { [unowned self] in answered(number, attempt, $0.map { .value($0.machine.values[key]) }) }
        } else {
            guard let command = try? ScenarioMachine.encode(call.operation) else {
                preconditionFailure("an operation of a scenario can be encoded")
            }
            raft.propose(encoded: command) { [unowned self] in answered(number, attempt, $0) }
        }
    }

    private func answered(_ number: Int, _ attempt: Int, _ result: Result<ScenarioOutcome, RaftError>) {
        let answer = InProcessAnswer(result)
        answered(number, attempt, answer.outcome, answer.leader?.id)
    }

    private func answered(_ number: Int, _ attempt: Int, _ outcome: ScenarioOutcome, _ leader: NodeID?) {
        guard let call = calls[number], call.attempts == attempt else { return }
        let nodes = cluster.core.nodes
        switch outcome {
        // What may have been done is not done again; a read may be.
        case .unknown where call.operation.isWrite: end(number, outcome)
        case .value, .done, .refused: end(number, outcome)
        case .unknown, .rejected:
            guard call.node == nil, cluster.now - call.invoked < Self.limit else {
                end(number, outcome)
                return
            }
            // Later answers to this attempt count no more.
            calls[number]?.attempts += 1
            let hint = leader.flatMap { leader in nodes.firstIndex { $0.id == leader } }
            if let hint, hint != call.target {
                calls[number]?.target = hint
                world.after(Self.hop) { [unowned self] in self.attempt(number) }
            } else {
                calls[number]?.target = (call.target + 1) % nodes.count
                world.after(Self.rest) { [unowned self] in self.attempt(number) }
            }
        }
    }

    private func end(_ number: Int, _ outcome: ScenarioOutcome) {
        guard let call = calls.removeValue(forKey: number) else { return }
        history.record(
            ScenarioRecord(
                process: call.process, operation: call.operation, outcome: outcome, invoked: call.invoked,
                returned: cluster.now))
        call.ended(outcome)
    }
}
