import RaftCore
import RaftMembership
import Synchronization

/// One life of a node of this process, and what becomes of calls on it when that life ends.
struct InProcessNode: Sendable {
    let raft: Raft<ScenarioMachine>
    let faults: NodeFaults

    /// Proposes, or reads linearizably.
    /// - Parameter nanoseconds: after which whoever asks gives up.
    func perform(_ operation: ScenarioOperation, within nanoseconds: UInt64) async -> InProcessAnswer {
        if case .get(let key) = operation {
            let answer = await answer(within: nanoseconds) { raft.read(completion: $0) }
            return answer.map { InProcessAnswer($0.map { .value($0.values[key]) }) } ?? .lost
        }
        let command: [UInt8]
        do {
            command = try ScenarioMachine.encode(operation)
        } catch {
            return InProcessAnswer(outcome: .rejected("\(error)"))
        }
        let answer = await answer(within: nanoseconds) { raft.propose(encoded: command, completion: $0) }
        return answer.map { InProcessAnswer($0) } ?? .lost
    }

    /// What the machine holds: linearizably, or as it stands.
    func contents(isStale: Bool, within nanoseconds: UInt64) async -> [String: String]? {
        let answer = await answer(within: nanoseconds) { completion in
            raft.read(isStale ? .stale : .linearizable, completion: completion)
        }
        return try? answer?.get().values
    }

    func status(within nanoseconds: UInt64) async -> ScenarioStatus? {
        let answer = await answer(within: nanoseconds) { completion in
            raft.status { completion(.success($0)) }
        }
        return (try? answer?.get()).map { ScenarioStatus($0) }
    }

    // MARK: Administration

    func change(_ changes: [MembershipChange], within nanoseconds: UInt64) async -> ScenarioOutcome {
        await order(within: nanoseconds) { ended in raft.change(changes) { ended($0.map { _ in .done }) } }
    }

    func transferLeadership(to target: NodeID?, within nanoseconds: UInt64) async -> ScenarioOutcome {
        await order(within: nanoseconds) { ended in
            raft.transferLeadership(to: target) { ended($0.map { _ in .done }) }
        }
    }

    func compact(within nanoseconds: UInt64) async -> ScenarioOutcome {
        await order(within: nanoseconds) { ended in raft.takeSnapshot(compacting: true) { ended($0.map { _ in .done }) }
        }
    }

    private func order(
        within nanoseconds: UInt64, _ call: (@escaping @Sendable (Result<ScenarioOutcome, RaftError>) -> Void) -> Void
    ) async -> ScenarioOutcome {
        let answer = await answer(within: nanoseconds, call)
        return answer.map { InProcessAnswer($0) }?.outcome ?? InProcessAnswer.lost.outcome
    }

    /// The answer to a call, as somebody outside gets it: nil when it takes too long, or when the node is no more.
    private func answer<Value: Sendable>(
        within nanoseconds: UInt64, _ call: (@escaping @Sendable (Result<Value, RaftError>) -> Void) -> Void
    ) async -> Result<Value, RaftError>? {
        guard faults.isAlive else { return nil }
        let (answers, asker) = AsyncStream.makeStream(of: Result<Value, RaftError>.self)
        call { [faults] result in
            if faults.isAlive { asker.yield(result) }
            asker.finish()
        }
        let patience = Task {
            try? await Task.sleep(nanoseconds: nanoseconds)
            asker.finish()
        }
        defer { patience.cancel() }
        for await answer in answers { return answer }
        return nil
    }
}

/// What a client learns from one attempt.
struct InProcessAnswer: Sendable {
    var outcome: ScenarioOutcome
    /// Set when the node does not lead; who does, as far as it knows.
    var leader: LeaderHint?

    static let lost = InProcessAnswer(outcome: .unknown("no answer"))

    init(outcome: ScenarioOutcome) { self.outcome = outcome }

    init(_ result: Result<ScenarioOutcome, RaftError>) {
        switch result {
        case .success(let outcome): self.outcome = outcome
        case .failure(let error):
            leader = error.leader
            switch error.outcome {
            case .rejected: outcome = .rejected(error.message)
            case .unknown: outcome = .unknown(error.message)
            case .committed: outcome = .refused
            }
        }
    }
}
