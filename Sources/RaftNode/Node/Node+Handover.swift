import RaftCore
import RaftMembership
import RaftThreads
import RaftTracing
import Synchronization

extension Node {
    /// Before a leader leaves, another voter takes over, so that nobody waits for an election (D§3.10). Returns after
    /// `node.handover` at the latest, whatever the node does. Callbacks throughout: a task that was cancelled hands over
    /// like any other.
    func handOver() async {
        let limit = configuration.handover
        guard limit > 0 else { return }
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let end = FirstCall { [tracer] (failure: String?) in
                if let failure { tracer.warning(.handoverFailed, failure, [.reason(failure)]) }
                continuation.resume()
            }
            alarms.set(ServiceAlarm.handover, at: MonotonicClock.nanoseconds() + limit) {
                end("nobody took over within \(Duration.nanoseconds(Int64(limit)))")
            }
            raft.status { [self] metrics in
                // Whoever votes alone has nobody to hand over to.
                guard metrics.role == .leader, metrics.membership.voters.count > 1 else { return end(nil) }
                transfer(attempts: 2) { end($0) }
            }
        }
        alarms.cancel(ServiceAlarm.handover)
    }

    /// - Parameter completion: is given the reason when this node leads and nobody takes over.
    private func transfer(attempts: Int, completion: @escaping @Sendable (String?) -> Void) {
        raft.transferLeadership { [self] result in
            guard case .failure(let error) = result, error.code == .transferFailed else { return completion(nil) }
            guard attempts > 1 else { return completion(error.message) }
            transfer(attempts: attempts - 1, completion: completion)
        }
    }
}

/// Passes on the first call alone.
private final class FirstCall<Value: Sendable>: Sendable {
    private let body: Mutex<(@Sendable (Value) -> Void)?>

    init(_ body: @escaping @Sendable (Value) -> Void) { self.body = Mutex(body) }

    func callAsFunction(_ value: Value) {
        let first = body.withLock { body in
            defer { body = nil }
            return body
        }
        first?(value)
    }
}
