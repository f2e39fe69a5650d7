import Glibc
import RaftCore
import RaftMembership
import RaftTracing
import Testing

@testable import RaftTransportUnix

@Suite("Listening takes nothing from anybody else and explains what is in the way")
struct SocketFileTests {
    @Test("A socket file that a dead process left is replaced")
    func stale() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/node.sock"
        let dead = try UnixSocketAddress.makeSocket()
        let address = UnixSocketAddress(path, isAbstract: false)
        #expect(address.withSockAddr { bind(dead, $0, $1) } == 0)
        #expect(listen(dead, 1) == 0)
        close(dead)
        #expect(directory.contents == ["node.sock"])
        let node = try await TestNode.start(1, on: directory.socket())
        let peer = try RawPeer(to: directory.socket())
        #expect(try peer.greet(as: Member(id: 9, incarnation: 1), expecting: 1) != nil)
        await node.stop()
        #expect(directory.contents.isEmpty)
    }

    @Test("A live socket is not stolen: not from a transport, and not from another program")
    func live() async throws {
        let directory = try TemporaryDirectory()
        let first = try await TestNode.start(1, on: directory.socket())
        await expectFailure("address \(directory.socket()) is in use by another process") {
            try await TestNode.start(2, on: directory.socket())
        }
        #expect(try RawPeer(to: directory.socket()).greet(as: Member(id: 9, incarnation: 1), expecting: 1) != nil)
        await first.stop()

        let path = directory.path + "/foreign.sock"
        let foreign = try UnixSocketAddress.makeSocket()
        defer { close(foreign) }
        let address = UnixSocketAddress(path, isAbstract: false)
        #expect(address.withSockAddr { bind(foreign, $0, $1) } == 0)
        #expect(listen(foreign, 1) == 0)
        await expectFailure("is in use by another process") {
            try await TestNode.start(2, on: directory.socket("foreign"))
        }
        #expect(directory.contents == ["foreign.sock"])
    }

    @Test("A socket between bind and listen is protected by its lock")
    func halfOpen() async throws {
        let directory = try TemporaryDirectory()
        let (descriptor, file) = try SocketFile.bind(directory.path + "/node.sock", mode: 0o600)
        await expectFailure("is in use by another process") { try await TestNode.start(1, on: directory.socket()) }
        #expect(directory.contents == ["node.sock", "node.sock.lock"])
        close(descriptor)
        file.remove()
        file.release()
        #expect(directory.contents.isEmpty)
    }

    @Test("A socket file has the mode that was asked for, whatever the process's umask takes from new files")
    func mode() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/node.sock"
        let before = umask(0o077)
        defer { umask(before) }
        let (descriptor, file) = try SocketFile.bind(path, mode: 0o660)
        defer { close(descriptor) }
        var status = stat()
        #expect(lstat(path, &status) == 0 && status.st_mode & 0o777 == 0o660)
        file.remove()
        file.release()
    }

    @Test("Only our own socket file is removed at the end, and others may not use it before")
    func own() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/node.sock"
        let node = try await TestNode.start(1, on: directory.socket())
        var status = stat()
        #expect(lstat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        // Somebody put another one in its place.
        unlink(path)
        let foreign = try UnixSocketAddress.makeSocket()
        defer { close(foreign) }
        #expect(UnixSocketAddress(path, isAbstract: false).withSockAddr { bind(foreign, $0, $1) } == 0)
        await node.stop()
        #expect(directory.contents == ["node.sock"])
    }

    @Test("A file that is no socket stays, and so does a directory that is missing")
    func obstacles() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/node.sock"
        close(open(path, O_CREAT | O_WRONLY, 0o600))
        await expectFailure("is a file that is no socket: remove it or choose another path") {
            try await TestNode.start(1, on: directory.socket())
        }
        #expect(directory.contents == ["node.sock"])
        await expectFailure("lies in a directory that does not exist: create it first") {
            try await TestNode.start(1, on: "unix:\(directory.path)/missing/node.sock")
        }
    }

    @Test("An abstract name is bound with its exact length, as systemd and socat do")
    func abstract() async throws {
        let name = "raft-test-\(getpid())-abstract"
        let node = try await TestNode.start(1, on: "unix:@\(name)")
        // By hand, with nothing shared but the kernel.
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0[1...].copyBytes(from: Array(name.utf8)) }
        func tryConnect(length: Int) -> CInt {
            let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            return withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(length)) == 0 ? 0 : errno
                }
            }
        }
        #expect(tryConnect(length: 2 + 1 + name.utf8.count) == 0)
        #expect(tryConnect(length: MemoryLayout<sockaddr_un>.size) == ECONNREFUSED)
        #expect(tryConnect(length: 2 + 1 + name.utf8.count + 1) == ECONNREFUSED)
        await expectFailure("is in use by another process") { try await TestNode.start(2, on: "unix:@\(name)") }
        await node.stop()
        #expect(tryConnect(length: 2 + 1 + name.utf8.count) == ECONNREFUSED)
    }

    @Test("A TCP port that is taken, or leads out of the machine, is explained (N3)")
    func tcp() async throws {
        let first = try await TestNode.start(1, on: "tcp:127.0.0.1:0")
        let address = try #require(first.transport.listeningAddresses.first).description
        await expectFailure("address \(address) is in use by another process: stop it or choose another port") {
            try await TestNode.start(2, on: address)
        }
        await first.stop()
        // Free again at once.
        let second = try await TestNode.start(1, on: address)
        await second.stop()
        for text in ["tcp:0.0.0.0:0", "tcp:[::]:0", "tcp:192.0.2.1:7101"] {
            await expectFailure("leaves this machine") { try await TestNode.start(1, on: text) }
        }
        var options = UnixTransportOptions()
        options.allowInsecureTCP = true
        let open = try await TestNode.start(1, on: "tcp:0.0.0.0:0", options: options)
        await open.stop()
        await expectFailure("listen on an IP address") {
            try await TestNode.start(1, on: "tcp:localhost:0", options: options)
        }
        await expectFailure("no address to listen on") {
            let node = try TestNode(1, listeningOn: [], options: UnixTransportOptions())
            try await node.transport.start(identity: node.identity(), receiver: node.recorder)
            return node
        }
    }

    @Test("A peer's address that leads out of the machine is not dialled (N3)")
    func dialling() async throws {
        let directory = try TemporaryDirectory()
        let node = try await TestNode.start(
            1, on: directory.socket(), peers: [2: "tcp:192.0.2.1:7101", 3: "nonsense", 4: "tcp:localhost:1"])
        #expect(await eventually { node.messages(of: .configurationIgnored).count == 2 })
        #expect(node.messages(of: .configurationIgnored).contains { $0.contains("node 2") && $0.contains("leaves") })
        #expect(node.messages(of: .configurationIgnored).contains { $0.contains("node 3") && $0.contains("nonsense") })
        await node.stop()
    }

    @Test("When one of several addresses fails, none stays open, and a later start is possible")
    func allOrNothing() async throws {
        let directory = try TemporaryDirectory()
        await expectFailure("does not exist") {
            try await TestNode.start(1, on: directory.socket("one"), "unix:\(directory.path)/missing/two.sock")
        }
        #expect(directory.contents.isEmpty)
    }

    @Test("Sockets that systemd bound are used as they are, and their files stay")
    func inherited() async throws {
        let directory = try TemporaryDirectory()
        let descriptor = try UnixSocketAddress.makeSocket()
        let target = UnixSocketAddress(directory.path + "/node.sock", isAbstract: false)
        #expect(target.withSockAddr { bind(descriptor, $0, $1) } == 0)
        #expect(listen(descriptor, 1) == 0)
        var options = UnixTransportOptions()
        options.inheritedDescriptors[try RaftAddress(directory.socket())] = descriptor
        let node = try await TestNode.start(1, on: directory.socket(), options: options)
        #expect(try RawPeer(to: directory.socket()).greet(as: Member(id: 9, incarnation: 1), expecting: 1) != nil)
        await node.stop()
        #expect(directory.contents == ["node.sock"])
    }

    private func expectFailure(_ text: String, _ body: () async throws -> TestNode) async {
        do {
            let node = try await body()
            await node.stop()
            Issue.record("it started, though “\(text)” was expected")
        } catch {
            #expect("\(error)".contains(text) && !"\(error)".contains("\n"), "\(error)")
        }
    }
}
