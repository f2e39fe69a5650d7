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
    }

    private let state = Mutex(State())

    var envelopes: [Envelope] { state.withLock { $0.envelopes } }
    var connected: [Word] { state.withLock { $0.connected } }
    var disconnected: [NodeID] { state.withLock { $0.disconnected } }
    /// Who is connected now.
    var present: Set<NodeID> { state.withLock { $0.present } }
    var future: [NodeID] { state.withLock { $0.future } }

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
}
