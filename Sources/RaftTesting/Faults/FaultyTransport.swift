public import RaftCore
import RaftMembership
import RaftTracing
import Synchronization

/// Any transport, with links that can be cut in one direction and an end that comes without a goodbye.
///
/// ```swift
/// let links = LinkFaults()
/// let raft = try await Raft.start(…, transport: .unix(listeningOn: "unix:1.sock").with(links))
/// links.cut(from: 1, to: 2)
/// ```
///
/// Envelopes are dropped where they are sent and where they arrive, so that a cut takes effect at once. Connections stay
/// up: to the nodes it is loss.
public final class FaultyTransport: Transport {
    private let inner: any Transport
    private let links: LinkFaults
    private let node: NodeFaults?

    /// - Parameter node: the faults of the node that it serves, if it may be killed or paused.
    public init(_ inner: any Transport, links: LinkFaults, node: NodeFaults? = nil) {
        self.inner = inner
        self.links = links
        self.node = node
    }

    public func start(identity: NodeIdentity, receiver: any TransportReceiver) async throws {
        try await inner.start(
            identity: identity, receiver: FaultyReceiver(receiver, links: links, node: node))
    }

    public func updateIdentity(_ identity: NodeIdentity) { inner.updateIdentity(identity) }

    public func updatePeers(_ peers: [Peer]) { inner.updatePeers(peers) }

    public func send(_ envelope: Envelope) {
        if node?.isAlive ?? true, links.passes(envelope) { inner.send(envelope) }
    }

    public func flush() { if node?.isAlive ?? true { inner.flush() } }

    public func shutdown() async { await inner.shutdown() }

    public var counts: TransportStatistics? { inner.counts }
}

/// Drops what arrives over a link that was cut meanwhile, or at a node that is no more.
private final class FaultyReceiver: TransportReceiver {
    private let inner: any TransportReceiver
    private let links: LinkFaults
    private let node: NodeFaults?

    init(_ inner: any TransportReceiver, links: LinkFaults, node: NodeFaults?) {
        self.inner = inner
        self.links = links
        self.node = node
    }

    private var isAlive: Bool { node?.isAlive ?? true }

    func received(_ envelopes: [Envelope]) {
        guard isAlive else { return }
        let passing = envelopes.filter { links.passes($0) }
        if !passing.isEmpty { inner.received(passing) }
    }

    func connected(_ member: Member, clientAddresses: [String]) {
        if isAlive { inner.connected(member, clientAddresses: clientAddresses) }
    }

    func disconnected(_ id: NodeID) { if isAlive { inner.disconnected(id) } }

    // What nodes remember of one another passes as it is (rule M10): a dead one says and remembers nothing.

    var life: NodeLife { isAlive ? inner.life : .unknown }

    func objection(to member: Member, life: NodeLife) -> String? {
        isAlive ? inner.objection(to: member, life: life) : nil
    }

    func refusedAsAmnesiac(by id: NodeID, _ reason: String) {
        if isAlive { inner.refusedAsAmnesiac(by: id, reason) }
    }

    func receivedFromTheFuture(_ id: NodeID, _ reason: String) {
        if isAlive { inner.receivedFromTheFuture(id, reason) }
    }
}

extension TransportProvider {
    /// This transport, with faults. Its environment comes along, and can be paused when `node` is given.
    public func with(_ links: LinkFaults, node: NodeFaults? = nil) -> TransportProvider {
        TransportProvider { context in
            let (transport, environment) = try make(context)
            return (
                FaultyTransport(transport, links: links, node: node),
                node.map { GatedEnvironment(environment, $0) } ?? environment
            )
        }
    }
}
