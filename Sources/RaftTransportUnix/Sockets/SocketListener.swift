import Glibc
package import NIOCore
import NIOPosix
package import RaftCore
import Synchronization

/// Opens listening sockets: for members here, for clients in the composition root.
package enum SocketListener {
    package struct Options: Sendable {
        /// TCP beyond loopback is refused without it (rule N3).
        package var allowInsecureTCP = false
        /// Who may connect to a Unix domain socket besides our own user and root (rule N3).
        package var allowedUserIDs: [UInt32] = []
        /// Mode of a socket file.
        package var fileMode: UInt32 = 0o600
        /// A socket that another process bound for us (systemd): listened on as it is, and its file is left alone.
        package var inheritedDescriptor: CInt?
        /// The rule that is broken on purpose; none but in test builds.
        var broken = MutationSwitch()

        package init() {}
    }

    /// Connections that wait to be accepted: those of a restart's time too, where the socket outlives the process.
    private static let backlog: CInt = 4096

    /// Listens on `address`. Every accepted channel goes through `initializer` on `eventLoop`; one whose credentials are
    /// not allowed is closed before, and `refused` is told why in one line, on the loop.
    /// - Throws: `TransportError`, one line that says what would be right.
    package static func listen(
        on address: RaftAddress, eventLoop: any EventLoop, options: Options,
        refused: @escaping @Sendable (String) -> Void,
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) async throws -> ListeningSocket {
        if let objection = InternetAddress.objection(to: address, allowInsecureTCP: options.allowInsecureTCP) {
            throw objection
        }
        let (descriptor, bound, file) = try open(address, options)
        // Before NIO does, which has no way to give an error back together with the descriptor. What was inherited is
        // listened on already.
        guard options.inheritedDescriptor != nil || Glibc.listen(descriptor, Self.backlog) == 0 else {
            let error = SystemError.last()
            close(descriptor)
            if error.code == EADDRINUSE { throw InternetAddress.inUse(address) }
            throw TransportError("address \(address) cannot be listened on: \(error)")
        }
        let isUnix = UnixSocketAddress(address) != nil
        let allowed = options.allowedUserIDs
        let admitsAll = options.broken.breaks(.admitAnyUser)
        let bootstrap = ServerBootstrap(group: eventLoop).serverChannelOption(.backlog, value: Self.backlog)
            .serverChannelInitializer { channel in
                // Without, a process that has no descriptor left would try again and again, and do nothing else.
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptBackoffHandler())
                }
            }
            .childChannelInitializer { channel in
                guard isUnix else { return TCPOptions.apply(to: channel).flatMap { initializer(channel) } }
                return PeerCredentials.of(channel).flatMap { credentials in
                    if admitsAll || credentials.isAllowed(allowedUserIDs: allowed) { return initializer(channel) }
                    // Without the process, so that one who tries again and again is always the same to a trace.
                    let reason = "a process of user \(credentials.userID) may not connect to \(bound)"
                    refused(reason)
                    // NIO closes a channel whose initializer fails.
                    return channel.eventLoop.makeFailedFuture(TransportError(reason))
                }
            }
        do {
            let channel = try await bootstrap.withBoundSocket(descriptor).get()
            return ListeningSocket(address: bound, channel: channel, file: file)
        } catch {
            file?.remove()
            throw TransportError("address \(address) cannot be listened on: \(error)")
        }
    }

    private static func open(
        _ address: RaftAddress, _ options: Options
    ) throws(TransportError) -> (CInt, RaftAddress, SocketFile?) {
        if let inherited = options.inheritedDescriptor { return (inherited, address, nil) }
        switch address.kind {
        case .path(let path):
            let (descriptor, file) = try SocketFile.bind(path, mode: mode_t(options.fileMode))
            return (descriptor, address, file)
        case .abstract(let name):
            return (try bindAbstract(name, address), address, nil)
        case .tcp(let host, let port):
            let (descriptor, bound) = try InternetAddress.bind(address, host: host, port: port)
            return (descriptor, bound, nil)
        }
    }

    private static func bindAbstract(_ name: String, _ address: RaftAddress) throws(TransportError) -> CInt {
        do throws(SystemError) {
            let descriptor = try UnixSocketAddress.makeSocket()
            let target = UnixSocketAddress(name, isAbstract: true)
            guard target.withSockAddr({ Glibc.bind(descriptor, $0, $1) }) == 0 else {
                let error = SystemError.last()
                close(descriptor)
                throw error
            }
            return descriptor
        } catch {
            if error.code == EADDRINUSE { throw TransportError("address \(address) is in use by another process") }
            throw TransportError("address \(address) cannot be listened on: \(error)")
        }
    }
}

/// A socket that is being listened on.
package final class ListeningSocket: Sendable {
    /// Where; with the port that the kernel chose when 0 was asked for.
    package let address: RaftAddress
    private let channel: any Channel
    private let file: SocketFile?

    init(address: RaftAddress, channel: any Channel, file: SocketFile?) {
        self.address = address
        self.channel = channel
        self.file = file
    }

    /// Accepts no more, and removes the socket file if it is still ours. Accepted connections stay. Idempotent.
    package func close() async {
        file?.remove()
        // An error here means that it was closed before.
        try? await channel.close().get()
        file?.release()
    }
}
