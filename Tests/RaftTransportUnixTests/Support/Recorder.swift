import RaftCore
import RaftMembership
import Synchronization

/// Keeps what a transport hands over.
final class Recorder: TransportReceiver {
    struct Word: Hashable {
        var member: Member
        var clientAddresses: [String]
    }

    private struct State {
        var envelopes: [Envelope] = []
        var connected: [Word] = []
        var disconnected: [NodeID] = []
        var present: Set<NodeID> = []
        var future: [NodeID] = []
        var life = NodeLife.unknown
        var objections: [NodeID: String] = [:]
        var greeted: [NodeLife] = []
        var refusals: [String] = []
    }

    private let state = Mutex(State())

    var envelopes: [Envelope] { state.withLock { $0.envelopes } }
    var connected: [Word] { state.withLock { $0.connected } }
    var disconnected: [NodeID] { state.withLock { $0.disconnected } }
    /// Who is connected now.
    var present: Set<NodeID> { state.withLock { $0.present } }
    var future: [NodeID] { state.withLock { $0.future } }

    /// The lives that were shown to it, and what refusals it heard of its own.
    var greeted: [NodeLife] { state.withLock { $0.greeted } }
    var refusals: [String] { state.withLock { $0.refusals } }

    func set(life: NodeLife) { state.withLock { $0.life = life } }
    func object(to id: NodeID, _ reason: String) { state.withLock { $0.objections[id] = reason } }

    func received(_ envelopes: [Envelope]) {
        state.withLock { $0.envelopes += envelopes }
    }

    func connected(_ member: Member, clientAddresses: [String]) {
        state.withLock { state in
            state.connected.append(Word(member: member, clientAddresses: clientAddresses))
            state.present.insert(member.id)
        }
    }

    func disconnected(_ id: NodeID) {
        state.withLock { state in
            state.disconnected.append(id)
            state.present.remove(id)
        }
    }

    func receivedFromTheFuture(_ id: NodeID, _ reason: String) {
        state.withLock { $0.future.append(id) }
    }

    var life: NodeLife { state.withLock { $0.life } }

    func objection(to member: Member, life: NodeLife) -> String? {
        state.withLock { state in
            state.greeted.append(life)
            return state.objections[member.id]
        }
    }

    func refusedAsAmnesiac(by id: NodeID, _ reason: String) {
        state.withLock { $0.refusals.append(reason) }
    }
}
