import Glibc
import NIOCore
import RaftCore
import RaftMembership
import Testing

@testable import RaftTransportUnix

@Suite("A Unix domain socket checks who is at the other end (N3)")
struct CredentialsTests {
    @Test(
        "Our own user, root and whom the operator names may connect",
        arguments: [(1000, true), (0, true), (1001, false), (1002, true), (65534, false)] as [(UInt32, Bool)])
    func allowed(user: UInt32, isAllowed: Bool) {
        let credentials = PeerCredentials(processID: 1, userID: user, groupID: 0)
        #expect(credentials.isAllowed(ownUserID: 1000, allowedUserIDs: [1002]) == isAllowed)
    }

    @Test("The layout is the kernel's")
    func layout() {
        #expect(MemoryLayout<PeerCredentials>.size == 12)
    }

    @Test("The kernel says who connected")
    func kernel() async throws {
        let directory = try TemporaryDirectory()
        let environment = EventLoopEnvironment()
        let promise = environment.eventLoop.makePromise(of: PeerCredentials.self)
        let listening = try await SocketListener.listen(
            on: try RaftAddress(directory.socket()), eventLoop: environment.eventLoop,
            options: SocketListener.Options(), refused: { _ in }
        ) { channel in
            let credentials = PeerCredentials.of(channel)
            credentials.cascade(to: promise)
            return credentials.map { _ in () }
        }
        let peer = try RawPeer(to: directory.socket())
        let credentials = try await promise.futureResult.get()
        #expect(credentials == PeerCredentials(processID: getpid(), userID: getuid(), groupID: getgid()))
        await listening.close()
        withExtendedLifetime(peer) {}
        environment.driverLane.stop()
    }
}
