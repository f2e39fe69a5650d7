import RaftMembership
import RaftTracing
import Synchronization

/// Who said to have won which election, from the records of all nodes of a process.
final class ElectionLog: TraceSink {
    private let known = Mutex<[Term: Set<NodeID>]>([:])

    var leaders: [Term: Set<NodeID>] { known.withLock { $0 } }

    func record(_ event: TraceEvent) {
        guard event.kind == .leaderElected else { return }
        var term: Term?
        var node: NodeID?
        for field in event.fields {
            guard case .uint(let value) = field.value else { continue }
            if field.key == TraceField.term(0).key { term = Term(value) }
            if field.key == TraceField.node(0).key { node = NodeID(value) }
        }
        guard let term, let node else { return }
        known.withLock { _ = $0[term, default: []].insert(node) }
    }

    func flush() {}
}
