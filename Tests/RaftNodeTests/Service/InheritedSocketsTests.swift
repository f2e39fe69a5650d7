import Glibc
import RaftClient
import RaftCore
import RaftMembership
import RaftTracing
import RaftTransportUnix
import Testing

@testable import RaftNode

@Suite("Sockets that a service manager listens on", .timeLimit(.minutes(1)))
struct InheritedSocketsTests {
    private func configuration(_ directory: String, _ settings: [String] = []) throws -> NodeConfiguration {
        try load(
            """
            node: { id: 1 }
            storage: { module: memory }
            clients: { listen: ["unix:\(directory)/c.sock"] }
            members: ["1=unix:\(directory)/1.sock"]
            """, settings: settings)
    }

    @Test("are found by name and address")
    func matching() async throws {
        try await withTemporaryDirectory { directory in
            let (peer, client) = (
                try listeningSocket(at: directory + "/1.sock"), try listeningSocket(at: directory + "/c.sock")
            )
            defer {
                close(peer)
                close(client)
            }
            let inherited = try InheritedSockets(
                [.init(descriptor: client, name: "client"), .init(descriptor: peer, name: "peer")],
                configuration(directory))
            #expect(inherited.peers == [try RaftAddress("unix:\(directory)/1.sock"): peer])
            #expect(inherited.clients == [try RaftAddress("unix:\(directory)/c.sock"): client])
            #expect(fcntl(peer, F_GETFD) & FD_CLOEXEC != 0)
            let roundabout = ["transport.listen=unix:\(directory)/../\(directory.dropFirst(5))/1.sock"]
            let found = try InheritedSockets(
                [.init(descriptor: peer, name: "peer")], configuration(directory, roundabout))
            #expect(found.peers.values.first == peer)
        }
    }

    @Test("of TCP are found by the number that they are bound to", arguments: ["127.0.0.1", "localhost"])
    func tcp(_ host: String) async throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 1) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        #expect(isBound)
        let port = UInt16(bigEndian: address.sin_port)
        let sockets = [ServiceEnvironment.Socket(descriptor: descriptor, name: "peer")]
        let settings = ["transport.listen=tcp:\(host):\(port)"]
        #expect(try InheritedSockets(sockets, configuration("/tmp/x", settings)).peers.values.first == descriptor)
        #expect(throws: ConfigurationError.self, "another port") {
            try InheritedSockets(sockets, configuration("/tmp/x", ["transport.listen=tcp:\(host):\(port ^ 1)"]))
        }
    }

    @Test("of which two stand for one address are refused: one of them would have nobody who accepts")
    func twoForOne() async throws {
        try await withTemporaryDirectory { directory in
            let socket = try listeningSocket(at: directory + "/1.sock")
            let again = dup(socket)
            defer {
                close(socket)
                close(again)
            }
            let error = #expect(throws: ConfigurationError.self) {
                try InheritedSockets(
                    [.init(descriptor: socket, name: "peer"), .init(descriptor: again, name: "peer")],
                    configuration(directory))
            }
            #expect(error.map { "\($0)".contains("on several sockets") } == true)
        }
    }

    @Test("that nothing would take are refused, in a line that says what would be right")
    func refusals() async throws {
        try await withTemporaryDirectory { directory in
            let socket = try listeningSocket(at: directory + "/2.sock")
            let plain = open("/dev/null", O_RDONLY)
            defer {
                close(socket)
                close(plain)
            }
            func complaint(_ descriptor: CInt, _ name: String) throws -> String {
                do {
                    _ = try InheritedSockets([.init(descriptor: descriptor, name: name)], configuration(directory))
                    return "accepted"
                } catch let error as ConfigurationError {
                    return error.description
                }
            }
            #expect(try complaint(socket, "peer").contains("transport.listen: does not hold unix:\(directory)/2.sock"))
            #expect(try complaint(socket, "client").contains("clients.listen: does not hold"))
            #expect(try complaint(socket, "raftd.socket").contains("FileDescriptorName=peer"))
            #expect(try complaint(plain, "peer").contains("ListenStream="))
        }
    }

    @Test("keep whoever connects while the node is away, until the next one serves him")
    func restart() async throws {
        try await withTemporaryDirectory { directory in
            let descriptors = [
                "peer": try listeningSocket(at: directory + "/1.sock"),
                "client": try listeningSocket(at: directory + "/c.sock"),
            ]
            defer { for descriptor in descriptors.values { close(descriptor) } }
            func start() async throws -> Node {
                // Each process has its own, and closes them.
                let sockets = descriptors.map { ServiceEnvironment.Socket(descriptor: dup($0.value), name: $0.key) }
                return try await Node.start(
                    configuration: try configuration(directory), registry: try builtins(), tracer: .silent,
                    service: ServiceEnvironment(sockets: sockets))
            }
            await (try start()).shutdown()

            let probe = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue), 0)
            defer { close(probe) }
            let target = UnixSocketAddress(directory + "/c.sock", isAbstract: false)
            #expect(target.withSockAddr { connect(probe, $0, $1) } == 0, "nobody is refused while the node is away")

            var options = RaftClientOptions()
            options.retries = false
            options.timeout = .seconds(50)
            options.connection.connectTimeout = .seconds(50)
            let client = RaftClient(endpoints: [try RaftAddress("unix:\(directory)/c.sock")], options: options)
            async let status = client.status()
            let node = try await start()
            #expect(try await status.member.id == 1)
            await client.close()
            await node.shutdown()
        }
    }
}
