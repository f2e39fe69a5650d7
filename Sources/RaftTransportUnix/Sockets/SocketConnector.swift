import Glibc
import NIOCore
import NIOPosix
import RaftCore

/// Opens connections to other members.
enum SocketConnector {
    /// Connects to `address`. Call it on the loop. The channel goes through `initializer` before its first event.
    static func connect(
        to address: RaftAddress, eventLoop: any EventLoop, timeout: TimeAmount,
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<any Channel> {
        let bootstrap = ClientBootstrap(group: eventLoop).connectTimeout(timeout)
        if let target = UnixSocketAddress(address) {
            do {
                return bootstrap.channelInitializer(initializer).withConnectedSocket(try target.connect())
            } catch {
                return eventLoop.makeFailedFuture(error)
            }
        }
        guard case .tcp(let host, let port) = address.kind else {
            return eventLoop.makeFailedFuture(TransportError("address \(address) cannot be dialled"))
        }
        let tcp = bootstrap.channelInitializer { channel in
            TCPOptions.apply(to: channel).flatMap { initializer(channel) }
        }
        // Not by name when it is a number: names are looked up on a thread of their own.
        if let target = try? SocketAddress(ipAddress: host, port: Int(port)) { return tcp.connect(to: target) }
        return tcp.connect(host: host, port: Int(port))
    }
}
