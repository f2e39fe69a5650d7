import Glibc
import NIOCore
import NIOPosix
import RaftCore

/// Opens sockets to nodes.
enum ClientConnector {
    /// Connects to `address`. Call it on the loop. The channel goes through `initializer` before its first event.
    static func connect(
        to address: RaftAddress, eventLoop: any EventLoop, timeout: TimeAmount,
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<any Channel> {
        let bootstrap = ClientBootstrap(group: eventLoop).connectTimeout(timeout).channelInitializer(initializer)
        do {
            switch address.kind {
            case .path(let path):
                return bootstrap.withConnectedSocket(try UnixDialler.connect(to: path, isAbstract: false))
            case .abstract(let name):
                return bootstrap.withConnectedSocket(try UnixDialler.connect(to: name, isAbstract: true))
            case .tcp(let host, let port):
                // A node that vanished, or whose answers do, is noticed within some seconds, as between members.
                let tcp = bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .channelOption(.tcpOption(.init(rawValue: TCP_USER_TIMEOUT)), value: 5000)
                    .channelOption(.socketOption(.so_keepalive), value: 1)
                    .channelOption(.tcpOption(.init(rawValue: TCP_KEEPIDLE)), value: 3)
                    .channelOption(.tcpOption(.init(rawValue: TCP_KEEPINTVL)), value: 1)
                    .channelOption(.tcpOption(.init(rawValue: TCP_KEEPCNT)), value: 3)
                // Not by name when it is a number: names are looked up on a thread of their own.
                if let target = try? SocketAddress(ipAddress: host, port: Int(port)) { return tcp.connect(to: target) }
                return tcp.connect(host: host, port: Int(port))
            }
        } catch {
            return eventLoop.makeFailedFuture(error)
        }
    }
}
