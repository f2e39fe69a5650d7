import NIOCore
import RaftCore
import RaftMembership
import RaftTracing
import RaftTransportUnix

/// A transport with an event loop, a receiver and a trace of its own.
final class TestNode: Sendable {
    let member: Member
    let environment = EventLoopEnvironment()
    let recorder = Recorder()
    let sink = MemorySink(capacity: 4096)
    let transport: UnixTransport

    init(_ id: NodeID, incarnation: Incarnation = 1, listeningOn addresses: [String], options: UnixTransportOptions)
        throws
    {
        member = Member(id: id, incarnation: incarnation)
        let tracer = Tracer(sink: sink, level: .debug)
        transport = UnixTransport(
            context: TransportContext(node: id, tracer: tracer, maximumMessageBytes: 1 << 20),
            listeningOn: try addresses.map { try RaftAddress($0) }, options: options, environment: environment)
    }

    static func start(
        _ id: NodeID, incarnation: Incarnation = 1, on addresses: String..., peers: [NodeID: String] = [:],
        name: String = "demo", cluster: ClusterID? = .sample, options: UnixTransportOptions = UnixTransportOptions()
    ) async throws -> TestNode {
        let node = try TestNode(id, incarnation: incarnation, listeningOn: addresses, options: options)
        do {
            let identity = node.identity(name: name, cluster: cluster)
            try await node.transport.start(identity: identity, receiver: node.recorder)
        } catch {
            await node.stop()
            throw error
        }
        node.meet(peers)
        return node
    }

    func identity(name: String = "demo", cluster: ClusterID? = .sample) -> NodeIdentity {
        NodeIdentity(clusterName: name, cluster: cluster, member: member, clientAddresses: ["unix:client.\(member.id)"])
    }

    func meet(_ peers: [NodeID: String]) {
        transport.updatePeers(peers.keys.sorted().map { Peer(id: $0, addresses: [peers[$0] ?? ""]) })
    }

    func stop() async {
        await transport.shutdown()
        environment.driverLane.stop()
    }

    /// Runs on the loop, as the driver does.
    func onLoop(_ body: @escaping @Sendable (UnixTransport) -> Void) async throws {
        try await environment.eventLoop.submit { [transport] in body(transport) }.get()
    }

    func send(_ envelopes: [Envelope]) async throws {
        try await onLoop { transport in
            for envelope in envelopes { transport.send(envelope) }
            transport.flush()
        }
    }

    func messages(of kind: EventKind) -> [String] { sink.events(of: kind).map(\.message) }

    /// Waits until `other` can be sent to.
    func isConnected(to other: TestNode) async -> Bool {
        await eventually { self.recorder.connected.contains { $0.member == other.member } }
    }
}

extension ClusterID {
    static let sample = ClusterID(high: 0x1122_3344_5566_7788, low: 0x99AA_BBCC_DDEE_FF00)
    static let other = ClusterID(high: 1, low: 2)
}
