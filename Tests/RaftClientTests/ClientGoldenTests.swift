import NIOCore
import RaftCore
import RaftMembership
import Testing

@testable import RaftClient

/// The files were computed from `ClientProtocol.md` by a program that shares nothing with this package.
@Suite("The client protocol is the documented one, byte for byte")
struct ClientGoldenTests {
    static let id: UInt64 = 0x0807_0605_0403_0201

    @Test("A request is written as its file says and read back", arguments: Samples.requests.indices)
    func request(_ position: Int) throws {
        let (name, request) = Samples.requests[position]
        let bytes = Samples.bytes { ClientFrameEncoder.append(request, id: Self.id, to: &$0) }
        #expect(bytes == (try GoldenFile.read(name)))
        var decoder = ClientFrameDecoder()
        decoder.append(ByteBuffer(bytes: bytes))
        #expect(try decoder.nextFromClient() == .request(Self.id, request))
        #expect(decoder.heldBytes == 0)
    }

    @Test("An answer is written as its file says and read back", arguments: Samples.responses.indices)
    func response(_ position: Int) throws {
        let (name, response) = Samples.responses[position]
        let bytes = Samples.bytes { ClientFrameEncoder.append(response, id: Self.id, to: &$0) }
        #expect(bytes == (try GoldenFile.read(name)))
        var decoder = ClientFrameDecoder()
        decoder.append(ByteBuffer(bytes: bytes))
        #expect(try decoder.nextFromServer() == .response(Self.id, response))
        #expect(decoder.heldBytes == 0)
    }

    @Test("Hellos and the goodbye are written as their files say and read back")
    func handshake() throws {
        let client = ClientHello(maximumFrameLength: 0x0040_0000)
        var decoder = ClientFrameDecoder()
        var bytes = Samples.bytes { ClientFrameEncoder.append(client, to: &$0) }
        #expect(bytes == (try GoldenFile.read("client-hello")))
        decoder.append(ByteBuffer(bytes: bytes))
        #expect(try decoder.nextFromClient() == .hello(client))

        let server = ServerHello(
            maximumFrameLength: 0x0040_1000, clusterName: "demo", node: 3, cluster: Samples.cluster)
        bytes = Samples.bytes { ClientFrameEncoder.append(server, to: &$0) }
        #expect(bytes == (try GoldenFile.read("server-hello")))
        decoder.append(ByteBuffer(bytes: bytes))
        #expect(try decoder.nextFromServer() == .hello(server))

        let goodbye = Goodbye(.stopping, "bye")
        bytes = Samples.bytes { ClientFrameEncoder.append(goodbye, to: &$0) }
        #expect(bytes == (try GoldenFile.read("goodbye")))
        decoder.append(ByteBuffer(bytes: bytes))
        #expect(try decoder.nextFromServer() == .goodbye(goodbye))
    }

    @Test("A status of a node without a cluster is read back")
    func emptyStatus() throws {
        let status = NodeStatus(clusterName: "", member: Member(id: 1, incarnation: 0), role: "follower", term: 0)
        var decoder = ClientFrameDecoder()
        decoder.append(
            ByteBuffer(
                bytes: Samples.bytes {
                    ClientFrameEncoder.append(ClientResponse(.status(status)), id: 1, to: &$0)
                }))
        #expect(try decoder.nextFromServer() == .response(1, ClientResponse(.status(status))))
    }

    @Test("A status of an earlier node is read as far as it goes, and of a later one what is known")
    func otherStatuses() throws {
        var decoder = ClientFrameDecoder()
        decoder.append(ByteBuffer(bytes: try GoldenFile.read("status-earlier")))
        #expect(try decoder.nextFromServer() == .response(Self.id, ClientResponse(.status(Samples.earlierStatus))))
        // Behind what was added stands what a later release added.
        let later = Array(Samples.status.encode().dropLast(Samples.status.encodeAdditions().count + 4))
        var additions = ByteWriter(appendingTo: later)
        additions.writeBlock(Samples.status.encodeAdditions() + [1, 2, 3])
        let body = [ClientProtocol.Kind.nodeStatus] + [7, 0, 0, 0, 0, 0, 0, 0] + additions.bytes
        decoder.append(ByteBuffer(bytes: Frame.make(body)))
        #expect(try decoder.nextFromServer() == .response(7, ClientResponse(.status(Samples.status))))
    }

    @Test("An empty configuration is read back")
    func emptyMembership() throws {
        var decoder = ClientFrameDecoder()
        decoder.append(
            ByteBuffer(
                bytes: Samples.bytes {
                    ClientFrameEncoder.append(ClientResponse(.members(Membership())), id: 1, to: &$0)
                }))
        #expect(try decoder.nextFromServer() == .response(1, ClientResponse(.members(Membership()))))
    }
}
