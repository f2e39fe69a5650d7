import NIOCore
import NIOPosix
import RaftCore

/// Opens connections to other members. Used on the loop. A channel goes through `initializer` before its first event.
struct SocketConnector {
    let eventLoop: any EventLoop
    let timeout: TimeAmount

    /// A path or an abstract name.
    func connect(
        to target: UnixSocketAddress, initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<any Channel> {
        do {
            return ClientBootstrap(group: eventLoop).channelInitializer(initializer)
                .withConnectedSocket(try target.connect())
        } catch {
            return eventLoop.makeFailedFuture(error)
        }
    }

    /// TCP.
    func connect(
        to target: SocketAddress, initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<any Channel> {
        ClientBootstrap(group: eventLoop).connectTimeout(timeout)
            .channelInitializer { channel in TCPOptions.apply(to: channel).flatMap { initializer(channel) } }
            .connect(to: target)
    }
}
