public import RaftCore

extension TransportProvider {
    /// Unix domain sockets and TCP, as in `.unix(listeningOn: "unix:counter/1.sock")`.
    public static func unix(listeningOn addresses: String...) -> TransportProvider {
        unix(listeningOn: addresses)
    }

    /// Unix domain sockets and TCP.
    /// - Parameters:
    ///   - addresses: where other members reach this node; `RaftAddress` says how they are written. A wrong one is
    ///     reported when the node starts.
    ///   - environment: the event loop for sockets and driver; nil starts one of its own.
    public static func unix(
        listeningOn addresses: [String], options: UnixTransportOptions = UnixTransportOptions(),
        environment: EventLoopEnvironment? = nil
    ) -> TransportProvider {
        TransportProvider { context in
            let addresses = try addresses.map { try RaftAddress($0) }
            let environment = environment ?? EventLoopEnvironment()
            let transport = UnixTransport(
                context: context, listeningOn: addresses, options: options, environment: environment)
            return (transport, environment)
        }
    }
}
