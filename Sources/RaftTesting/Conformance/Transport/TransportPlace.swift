public import RaftCore
public import RaftMembership

/// Where the suite wants a node to listen.
public struct TransportPlace: Sendable {
    /// The node's number in its small cluster.
    public var node: NodeID
    /// Unlike any other node's of this process.
    public var name: String
    /// A directory for socket files, with a short path.
    public var directory: String
    /// A TCP port of the loopback interface that was free a moment ago.
    public var port: UInt16
}

/// A transport that an author made for a place.
public struct TransportSite: Sendable {
    let provider: TransportProvider
    let addresses: [String]

    /// - Parameter addresses: where peers reach it.
    public init(_ provider: TransportProvider, at addresses: String...) {
        self.provider = provider
        self.addresses = addresses
    }
}
