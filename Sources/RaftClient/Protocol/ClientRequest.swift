public import RaftMembership

/// What a client asks of a node.
public struct ClientRequest: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case propose([UInt8])
        case query([UInt8], ReadConsistency)
        case status
        case members
        case bootstrap([Founder])
        /// A kind that this release does not know. Only what a server has received.
        case unsupported(UInt8)
    }

    /// A member that a cluster is formed from.
    package struct Founder: Hashable, Sendable {
        package var id: NodeID
        /// Where its peers reach it, best first.
        package var addresses: [String]

        package init(id: NodeID, addresses: [String]) {
            self.id = id
            self.addresses = addresses
        }
    }

    package let kind: Kind

    package init(_ kind: Kind) { self.kind = kind }

    /// A command, as the machine's codec wrote it; answered with its output.
    public static func propose(_ command: [UInt8]) -> ClientRequest { ClientRequest(.propose(command)) }

    /// A query, as the machine's codec wrote it; answered with bytes.
    public static func query(_ query: [UInt8], _ consistency: ReadConsistency = .linearizable) -> ClientRequest {
        ClientRequest(.query(query, consistency))
    }

    /// What the node says of itself.
    public static let status = ClientRequest(.status)

    /// The configuration as the node knows it.
    public static let members = ClientRequest(.members)

    /// Forms a cluster from exactly these members (rule M9); answered with its identity.
    public static func bootstrap(_ members: [NodeID: [String]]) -> ClientRequest {
        ClientRequest(
            .bootstrap(members.sorted { $0.key < $1.key }.map { Founder(id: $0.key, addresses: $0.value) }))
    }

    /// Whether asking twice does no harm.
    var isRepeatable: Bool {
        switch kind {
        case .query, .status, .members: true
        case .propose, .bootstrap, .unsupported: false
        }
    }

    /// Whether the leader answers it best.
    var wantsLeader: Bool {
        switch kind {
        case .propose: true
        case .query(_, let consistency): consistency != .stale
        case .status, .members, .bootstrap, .unsupported: false
        }
    }

    /// Bytes of its frame, or a few more.
    package var estimatedSize: Int {
        let head = ClientProtocol.headSize + 16
        switch kind {
        case .propose(let bytes), .query(let bytes, _): return head + bytes.count
        case .status, .members, .unsupported: return head
        case .bootstrap(let founders):
            return head + founders.reduce(0) { $0 + 9 + $1.addresses.reduce(0) { $0 + 2 + $1.utf8.count } }
        }
    }
}
