import RaftCore
import RaftMembership
import Synchronization

/// Keeps what a transport hands over and tells.
final class TransportListener: TransportReceiver {
    struct Told: Hashable, Sendable {
        var member: Member
        var clientAddresses: [String]
    }

    struct State: Sendable {
        var envelopes: [Envelope] = []
        var connected: [Told] = []
        var disconnected: [NodeID] = []
        /// Who is connected now.
        var present: Set<NodeID> = []
        /// The lives that greetings told.
        var lives: [Member: NodeLife] = [:]
        /// Who refused this node as one that has forgotten.
        var refusals: [NodeID] = []
        /// Whose greeting is objected to.
        var objectsTo: Set<Member> = []
        /// How often the transport called.
        var calls = 0
    }

    let life: NodeLife
    private let state = Mutex(State())

    init(life: NodeLife) { self.life = life }

    var now: State { state.withLock { $0 } }
    /// The numbers of what came, in order.
    var numbers: [UInt64] { now.envelopes.compactMap(\.sampleNumber) }

    func objectTo(_ member: Member) { state.withLock { _ = $0.objectsTo.insert(member) } }

    func received(_ envelopes: [Envelope]) {
        state.withLock { state in
            state.calls += 1
            state.envelopes += envelopes
        }
    }

    func connected(_ member: Member, clientAddresses: [String]) {
        state.withLock { state in
            state.calls += 1
            state.connected.append(Told(member: member, clientAddresses: clientAddresses))
            state.present.insert(member.id)
        }
    }

    func disconnected(_ id: NodeID) {
        state.withLock { state in
            state.calls += 1
            state.disconnected.append(id)
            state.present.remove(id)
        }
    }

    func receivedFromTheFuture(_ id: NodeID, _ reason: String) { state.withLock { $0.calls += 1 } }

    func objection(to member: Member, life: NodeLife) -> String? {
        state.withLock { state in
            state.lives[member] = life
            return state.objectsTo.contains(member) ? "it has forgotten what it said" : nil
        }
    }

    func refusedAsAmnesiac(by id: NodeID, _ reason: String) {
        state.withLock { state in
            state.calls += 1
            state.refusals.append(id)
        }
    }
}
