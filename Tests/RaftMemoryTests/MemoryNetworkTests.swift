import RaftCore
import RaftMembership
import RaftMemory
import RaftTracing
import Synchronization
import Testing

@Suite("Transport within one process")
struct MemoryNetworkTests {
    private final class Listener: TransportReceiver {
        private let state = Mutex<(envelopes: [Envelope], words: [String])>(([], []))
        var envelopes: [Envelope] { state.withLock { $0.envelopes } }
        var words: [String] { state.withLock { $0.words } }

        func received(_ envelopes: [Envelope]) { state.withLock { $0.envelopes += envelopes } }
        func connected(_ member: Member, clientAddresses: [String]) {
            state.withLock { $0.words.append("connected \(member)") }
        }
        func disconnected(_ id: NodeID) { state.withLock { $0.words.append("disconnected \(id)") } }
        func receivedFromTheFuture(_ id: NodeID, _ reason: String) {}
    }

    private let network = MemoryNetwork()
    private let one = Member(id: 1, incarnation: 1)
    private let two = Member(id: 2, incarnation: 1)

    private func start(_ member: Member, _ listener: Listener) async throws -> any Transport {
        let context = TransportContext(node: member.id, tracer: .silent, maximumMessageBytes: 1 << 20)
        let (transport, _) = try TransportProvider.memory("\(member.id)", on: network).make(context)
        let identity = NodeIdentity(clusterName: "demo", cluster: ClusterID(high: 1, low: 2), member: member)
        try await transport.start(identity: identity, receiver: listener)
        return transport
    }

    @Test("A peer that is taken from the list is disconnected at both ends, and gets nothing more")
    func removedPeer() async throws {
        let (here, there) = (Listener(), Listener())
        let (first, second) = (try await start(one, here), try await start(two, there))
        first.updatePeers([Peer(id: 2, addresses: ["memory:2"])])
        #expect(here.words == ["connected 2/1"] && there.words == ["connected 1/1"])
        first.send(EnvelopeSamples(from: one, to: two).heartbeat(1))
        first.flush()
        // The way back needs no address.
        second.send(EnvelopeSamples(from: two, to: one).heartbeat(2))
        second.flush()
        first.updatePeers([])
        #expect(here.words.last == "disconnected 2" && there.words.last == "disconnected 1")
        first.send(EnvelopeSamples(from: one, to: two).heartbeat(3))
        first.flush()
        second.send(EnvelopeSamples(from: two, to: one).heartbeat(4))
        second.flush()
        #expect(there.envelopes.compactMap(\.sampleNumber) == [1])
        #expect(here.envelopes.compactMap(\.sampleNumber) == [2])
        await first.shutdown()
        await second.shutdown()
    }

    @Test("Who speaks for another member is not heard (N1)")
    func otherSender() async throws {
        let (here, there) = (Listener(), Listener())
        let (first, second) = (try await start(one, here), try await start(two, there))
        first.updatePeers([Peer(id: 2, addresses: ["memory:2"])])
        first.send(EnvelopeSamples(from: Member(id: 3, incarnation: 1), to: two).heartbeat(1))
        first.send(EnvelopeSamples(from: one, to: two).heartbeat(2))
        first.flush()
        #expect(there.envelopes.compactMap(\.sampleNumber) == [2])
        await first.shutdown()
        await second.shutdown()
    }
}
