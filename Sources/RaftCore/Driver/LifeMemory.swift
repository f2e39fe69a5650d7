import RaftMembership
import Synchronization

/// What this node says of its own life, and the furthest that it saw of others' (rule M10, the peers' half). In memory
/// only: who is started anew believes what it sees first.
final class LifeMemory: Sendable {
    private struct State {
        var own: NodeLife
        var seen: [Member: NodeLife] = [:]
    }

    private let state: Mutex<State>
    /// More members than any cluster has; whoever is not remembered is not objected to.
    private static let capacity = 1024

    init(own: NodeLife) { state = Mutex(State(own: own)) }

    var own: NodeLife { state.withLock { $0.own } }

    /// The term is durable now: only what is may be told.
    func reached(_ term: Term) { state.withLock { $0.own.term = term } }

    /// The furthest that was seen of a member.
    func lastSeen(of member: Member) -> NodeLife? { state.withLock { $0.seen[member] } }

    /// Why `life` cannot be what became of `member` as it was seen before, or nil, and then it is remembered.
    ///
    /// Greetings of one run may arrive in any order, so its numbers are not compared with one another.
    func objection(to member: Member, _ life: NodeLife) -> String? {
        guard life.startCounter > 0 else { return nil }
        return state.withLock { state in
            guard let seen = state.seen[member] else {
                if state.seen.count < Self.capacity { state.seen[member] = life }
                return nil
            }
            if life.nonce == seen.nonce, life.startCounter == seen.startCounter {
                state.seen[member]?.term = max(life.term, seen.term)
                return nil
            }
            let what = "node \(member.id) shows start \(life.startCounter) in term \(life.term)"
            if life.startCounter < seen.startCounter {
                return
                    "\(what), and start \(seen.startCounter) was seen before: its data is older than it was, or a copy"
            }
            if life.startCounter == seen.startCounter {
                return "\(what), and another run had that number: its data is older than it was, or a copy"
            }
            if life.term < seen.term {
                return "\(what), and term \(seen.term) was seen before: its data is older than it was"
            }
            state.seen[member] = life
            return nil
        }
    }
}
