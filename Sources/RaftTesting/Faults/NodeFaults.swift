import RaftCore
import Synchronization

/// What happens to one node of this process: it can be paused, and it can end without a goodbye, as far as a part of a
/// process can. One for each life of a node. Any thread.
///
/// - *Paused*, its driver, machine and storage run nothing (`GatedEnvironment`), while sockets fill and time goes on.
/// - *Ended*, nothing leaves it any more: no message (`FaultyTransport`), no write (`SeveredStorage`), and whoever calls
///   it must take no answer for one. What had been durable stays, the rest is gone, as with SIGKILL; a write that is under
///   way runs to its end, as a system call does. Its memory, threads and descriptors are given back by shutting it down,
///   which nobody can see any more.
public final class NodeFaults: Sendable {
    private struct State {
        var gates: [Gate] = []
        var lanes: [any Lane] = []
    }

    private let state = Mutex(State())
    private let alive = Atomic<Bool>(true)

    public init() {}

    /// False from the moment of `end` on.
    public var isAlive: Bool { alive.load(ordering: .acquiring) }

    /// Stops everything that the node runs, once the jobs under way have ended.
    public func pause() {
        for gate in state.withLock({ $0.gates }) { gate.close() }
    }

    /// Lets it go on, with what was queued meanwhile in its order.
    public func resume() {
        for gate in state.withLock({ $0.gates }) { gate.open() }
    }

    /// The node is no more. Then shut it down: the calls that wait end, and mean nothing.
    public func end() {
        alive.store(false, ordering: .releasing)
        // A sleeper could not even be shut down.
        resume()
    }

    /// Stops the lane on which the driver ran. Behind the shutdown of the node.
    public func release() {
        let lanes = state.withLock { state in
            defer { state.lanes = [] }
            return state.lanes
        }
        for lane in lanes { lane.stop() }
    }

    func gate(_ lane: any Lane, isDriver: Bool = false) -> Gate {
        let gate = Gate(lane)
        state.withLock { state in
            state.gates.append(gate)
            if isDriver { state.lanes.append(lane) }
        }
        return gate
    }
}
