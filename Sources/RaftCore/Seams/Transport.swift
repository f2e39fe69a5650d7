public import RaftMembership
public import RaftTracing

/// Who a node is, as its transport tells every peer before any message counts (rule N1).
public struct NodeIdentity: Hashable, Sendable {
    /// The operator's name for the cluster: a node of another name is refused.
    public var clusterName: String
    /// Nil until the cluster was formed or adopted: such a connection carries formation messages only (rule M9).
    public var cluster: ClusterID?
    public var member: Member
    /// Groups that this node runs.
    public var groups: [GroupID]
    /// Where clients reach this node; handed to peers so that any of them can name the leader's address.
    public var clientAddresses: [String]

    public init(
        clusterName: String, cluster: ClusterID? = nil, member: Member, groups: [GroupID] = [.first],
        clientAddresses: [String] = []
    ) {
        self.clusterName = clusterName
        self.cluster = cluster
        self.member = member
        self.groups = groups
        self.clientAddresses = clientAddresses
    }
}

/// A server to keep a connection to.
public struct Peer: Hashable, Sendable {
    public var id: NodeID
    /// Best first.
    public var addresses: [String]

    public init(id: NodeID, addresses: [String]) {
        self.id = id
        self.addresses = addresses
    }
}

/// Carries envelopes between members: the seam a transport plugin fills.
///
/// One-way messages that may be lost, doubled, delayed and reordered (rule N2): pipelining, loss and retries are the
/// engine's business. A transport proves to each side who the other is before it hands over anything (rule N1), tells
/// each side's `NodeLife` to the other and keeps no connection to which the receiver objects (rule M10), drops
/// what is addressed to another member than the one connected, and passes formation messages only
/// (`Envelope.isFormation`) while either side has no cluster identity.
public protocol Transport: AnyObject, Sendable {
    /// Listens and begins to hand inbound envelopes to `receiver`.
    /// - Throws: `TransportError` when an address cannot be listened on.
    func start(identity: NodeIdentity, receiver: any TransportReceiver) async throws

    /// The node's identity changed (it joined a cluster): connections made under the old one are made anew.
    func updateIdentity(_ identity: NodeIdentity)

    /// Keep connections to exactly these, and reconnect with back-off.
    func updatePeers(_ peers: [Peer])

    /// Queues `envelope` for its addressee; drops it when there is no connection or its queue is full. Never blocks.
    /// Called from the driver's lane.
    func send(_ envelope: Envelope)

    /// Everything queued since the last flush goes out now, in one write for each peer. Called from the driver's lane.
    func flush()

    /// Closes listeners and connections. Idempotent.
    func shutdown() async

    /// What was carried so far; any thread. Default: nil, nothing is counted.
    var counts: TransportStatistics? { get }
}

extension Transport {
    public var counts: TransportStatistics? { nil }
}

/// Where a transport delivers. Any thread; never blocks.
public protocol TransportReceiver: AnyObject, Sendable {
    /// A drain's worth of inbound envelopes. Dropped when the node's inbox is full.
    func received(_ envelopes: [Envelope])
    /// A connection to this member was proven. `clientAddresses` is what it said of itself.
    func connected(_ member: Member, clientAddresses: [String])
    /// The last connection to this server is gone.
    func disconnected(_ id: NodeID)
    /// A message could not be read because a newer release wrote it (rule L13).
    func receivedFromTheFuture(_ id: NodeID, _ reason: String)

    /// What a greeting made now says of this node's life (rule M10). Default: `unknown`.
    var life: NodeLife { get }
    /// Asked once for each greeting, when nothing else speaks against the connection: why this cannot be the member that
    /// was seen before, in one line, or nil. Such a connection is refused with these words. Default: nil.
    func objection(to member: Member, life: NodeLife) -> String?
    /// This server refused the connection with such an objection. Default: nothing.
    func refusedAsAmnesiac(by id: NodeID, _ reason: String)
}

extension TransportReceiver {
    public var life: NodeLife { .unknown }
    public func objection(to member: Member, life: NodeLife) -> String? { nil }
    public func refusedAsAmnesiac(by id: NodeID, _ reason: String) {}
}

/// Why a transport could not do what it was asked.
public struct TransportError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One line: what happened, where, and what would be right.
    public var message: String
    public var description: String { message }
    public init(_ message: String) { self.message = message }
}

/// What a transport is made with.
public struct TransportContext: Sendable {
    public var node: NodeID
    public var tracer: Tracer
    /// No frame is larger than this, in bytes.
    public var maximumMessageBytes: Int

    public init(node: NodeID, tracer: Tracer, maximumMessageBytes: Int) {
        self.node = node
        self.tracer = tracer
        self.maximumMessageBytes = maximumMessageBytes
    }
}
