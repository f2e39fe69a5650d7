import Glibc
import NIOCore

/// What a TCP connection between members needs beyond the kernel's defaults.
enum TCPOptions {
    /// Milliseconds after which data that nobody acknowledged ends a connection: else one that lived through a partition
    /// would go on retrying at intervals that have grown to minutes, when a new connection works at once.
    private static let userTimeout: SocketOptionValue = 5000

    static func apply(to channel: any Channel) -> EventLoopFuture<Void> {
        let options: [(level: CInt, name: CInt, value: SocketOptionValue)] = [
            (CInt(IPPROTO_TCP), TCP_NODELAY, 1),
            (CInt(IPPROTO_TCP), TCP_USER_TIMEOUT, userTimeout),
            // An idle connection whose other end vanished is noticed too.
            (SOL_SOCKET, SO_KEEPALIVE, 1),
            (CInt(IPPROTO_TCP), TCP_KEEPIDLE, 3),
            (CInt(IPPROTO_TCP), TCP_KEEPINTVL, 1),
            (CInt(IPPROTO_TCP), TCP_KEEPCNT, 3),
        ]
        let results = options.map { option in
            channel.setOption(
                ChannelOptions.Types.SocketOption(
                    level: NIOBSDSocket.OptionLevel(rawValue: option.level),
                    name: NIOBSDSocket.Option(rawValue: option.name)),
                value: option.value)
        }
        return EventLoopFuture.andAllSucceed(results, on: channel.eventLoop)
    }
}
