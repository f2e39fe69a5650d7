public import RaftMembership

/// What a node answers.
public struct ClientResponse: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case bytes([UInt8])
        case error(RaftClientError)
        case status(NodeStatus)
        case members(Membership)
        case formed(ClusterID)
    }

    package let kind: Kind

    package init(_ kind: Kind) { self.kind = kind }

    /// The output of a command or the answer to a query.
    public var bytes: [UInt8]? {
        if case .bytes(let bytes) = kind { bytes } else { nil }
    }

    public var status: NodeStatus? {
        if case .status(let status) = kind { status } else { nil }
    }

    public var members: Membership? {
        if case .members(let members) = kind { members } else { nil }
    }

    /// The identity of the cluster that was formed.
    public var cluster: ClusterID? {
        if case .formed(let cluster) = kind { cluster } else { nil }
    }
}
