import RaftMembership
import Synchronization

/// The nodes that live, for clients that look for them on threads of their own.
final class RunningNodes: Sendable {
    private let lives = Mutex<[NodeID: InProcessNode]>([:])

    subscript(node: NodeID) -> InProcessNode? {
        get { lives.withLock { $0[node] } }
        set { lives.withLock { $0[node] = newValue } }
    }
}
