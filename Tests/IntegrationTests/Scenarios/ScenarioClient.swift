import RaftClient
import RaftCore
import RaftKeyValue
import RaftMembership
import RaftTesting

/// A client of a scenario that talks to real nodes through the client library.
struct ScenarioClient: Sendable {
    let process: Int
    /// The one node that it asks; nil follows the leader.
    let node: NodeID?
    let client: RaftClient
    let history: ScenarioHistory
    let time: RealTime
    /// How fresh its reads are: anything but linearizable is a planted fault.
    let consistency: ReadConsistency

    /// Does one operation and records it.
    func perform(_ operation: ScenarioOperation) async -> ScenarioOutcome {
        await history.record(operation, by: process, time: time) { await attempt(operation) }
    }

    private func attempt(_ operation: ScenarioOperation) async -> ScenarioOutcome {
        do {
            switch operation {
            case .get(let key): return .value(try await client.get(key, consistency: consistency))
            case .put(let key, let value):
                return try await propose(.put(key: Array(key.utf8), value: Array(value.utf8)))
            case .delete(let key): return try await propose(.delete(key: Array(key.utf8)))
            case .compareAndSet(let key, let expected, let new):
                return try await propose(
                    .compareAndSet(
                        key: Array(key.utf8), expected: expected.map { Array($0.utf8) }, new: Array(new.utf8)))
            }
        } catch let error as RaftClientError where error.outcome == .rejected {
            return .rejected("\(error)")
        } catch {
            return .unknown("\(error)")
        }
    }

    private func propose(_ command: KeyValueCommand) async throws -> ScenarioOutcome {
        let output = try await client.propose(try command.encoded())
        switch try output.withUnsafeBytes({ try KeyValueOutput(decoding: $0) }) {
        // To delete what is not there is to have done it.
        case .ok, .notFound: return .done
        case .mismatch, .restoring, .restored, .noRestoration: return .refused
        }
    }
}
