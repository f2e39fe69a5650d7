import RaftCore
import RaftMembership

/// One process's end of the simulated network. Unchecked, because a simulation is confined to one thread.
final class SimulatedTransport: Transport, @unchecked Sendable {
    private let life: SimulatedLife

    init(life: SimulatedLife) { self.life = life }

    func start(identity: NodeIdentity, receiver: any TransportReceiver) async throws {
        life.identity = identity
        life.receiver = receiver
    }

    func updateIdentity(_ identity: NodeIdentity) {
        guard life.passesBoundary() else { return }
        life.identity = identity
        life.cluster.properties.showedIdentity(identity, of: life.node)
        life.cluster.connect(life.node)
    }

    func updatePeers(_ peers: [Peer]) {}

    func send(_ envelope: Envelope) {
        guard life.passesBoundary() else { return }
        life.cluster.properties.willSend(envelope, from: life.node)
        life.cluster.network.send(envelope, from: life)
    }

    func flush() {}
    func shutdown() async {}
}
