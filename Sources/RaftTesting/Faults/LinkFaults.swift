import RaftCore
public import RaftMembership
import Synchronization

/// Which links of a cluster lose what is sent over them, one direction at a time. Shared by the `FaultyTransport`s of its
/// nodes, and changed while they run. Any thread.
public final class LinkFaults: Sendable {
    private struct Link: Hashable {
        var source: NodeID
        var target: NodeID
    }

    private struct State {
        var cut: Set<Link> = []
        var dropped: UInt64 = 0
    }

    private let state = Mutex(State())

    public init() {}

    /// Loses everything that `source` sends to `target` from now on, what is under way included.
    public func cut(from source: NodeID, to target: NodeID) {
        state.withLock { _ = $0.cut.insert(Link(source: source, target: target)) }
    }

    /// Restores one direction of one link.
    public func heal(from source: NodeID, to target: NodeID) {
        state.withLock { _ = $0.cut.remove(Link(source: source, target: target)) }
    }

    /// Restores every link.
    public func heal() { state.withLock { $0.cut = [] } }

    /// How many envelopes were lost so far.
    public var dropped: UInt64 { state.withLock { $0.dropped } }

    /// Whether `envelope` gets through. One that does not is counted.
    func passes(_ envelope: Envelope) -> Bool {
        state.withLock { state in
            guard !state.cut.isEmpty else { return true }
            guard state.cut.contains(Link(source: envelope.from.id, target: envelope.to.id)) else { return true }
            state.dropped += 1
            return false
        }
    }
}
