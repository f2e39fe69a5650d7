import RaftCore
import RaftMembership
import Synchronization

/// A node of the suite: a transport, the lane of its driver, and who listens.
final class TransportNode: Sendable {
    let member: Member
    let addresses: [String]
    let transport: any Transport
    let listener: TransportListener
    private let environment: any Environment

    init(
        _ member: Member, addresses: [String], transport: any Transport, environment: any Environment, life: NodeLife
    ) {
        self.member = member
        self.addresses = addresses
        self.transport = transport
        self.environment = environment
        listener = TransportListener(life: life)
    }

    var peer: Peer { Peer(id: member.id, addresses: addresses) }
    var clientAddresses: [String] { ["client:\(member.id)"] }

    func identity(name: String, cluster: ClusterID?) -> NodeIdentity {
        NodeIdentity(clusterName: name, cluster: cluster, member: member, clientAddresses: clientAddresses)
    }

    /// Runs `body` on the lane of the driver, as every call of the framework does.
    func onLane(_ body: @escaping @Sendable (any Transport) -> Void) async {
        await withCheckedContinuation { continuation in
            environment.driverLane.schedule(
                Job { [transport] in
                    body(transport)
                    continuation.resume()
                })
        }
    }

    func send(_ envelopes: [Envelope]) async {
        await onLane { transport in
            for envelope in envelopes { transport.send(envelope) }
            transport.flush()
        }
    }

    func meet(_ peers: TransportNode...) async {
        let peers = peers.map(\.peer)
        await onLane { $0.updatePeers(peers) }
    }

    func stop() async {
        await transport.shutdown()
        environment.driverLane.stop()
    }

    private final class Job: Runnable {
        private let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        func run() { body() }
    }
}
