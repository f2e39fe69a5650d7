public import RaftCore
public import RaftMembership

/// What a node answers.
public struct ClientResponse: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// The answer to a query.
        case bytes([UInt8])
        /// The output of a command, and where in the log that is; 0 when the node does not tell.
        case output([UInt8], LogIndex)
        case error(RaftClientError)
        case status(NodeStatus)
        case members(Membership)
        case formed(ClusterID)
        /// Who leads after a transfer.
        case leads(NodeID)
        /// The node's newest snapshot, and the last entry that is gone from its log.
        case snapshotTaken(SnapshotID, purged: LogIndex)
        /// A snapshot whose body may be read now.
        case backup(BackupOffer)
        case session(OpenedSession)
        case traceLevels(TraceLevels)
        case recording(RecordingPart)
    }

    package let kind: Kind

    package init(_ kind: Kind) { self.kind = kind }

    /// The output of a command or the answer to a query.
    public var bytes: [UInt8]? {
        switch kind {
        case .bytes(let bytes), .output(let bytes, _): bytes
        default: nil
        }
    }

    /// Where in the log the command is whose output this is; nil when the node does not tell.
    public var index: LogIndex? {
        if case .output(_, let index) = kind, index > .zero { index } else { nil }
    }

    /// The answer to a query, of any size, not the short output of a command.
    package var isAnswer: Bool {
        if case .bytes = kind { true } else { false }
    }

    public var status: NodeStatus? {
        if case .status(let status) = kind { status } else { nil }
    }

    public var members: Membership? {
        if case .members(let members) = kind { members } else { nil }
    }

    /// Who leads after a transfer of leadership.
    public var newLeader: NodeID? {
        if case .leads(let leader) = kind { leader } else { nil }
    }

    /// The newest snapshot of the node that was asked, and the last entry that is gone from its log.
    public var snapshot: (snapshot: SnapshotID, purged: LogIndex)? {
        if case .snapshotTaken(let snapshot, let purged) = kind { (snapshot, purged) } else { nil }
    }

    /// The snapshot that may be read as a backup.
    public var backup: BackupOffer? {
        if case .backup(let offer) = kind { offer } else { nil }
    }

    /// The session that was opened.
    public var session: OpenedSession? {
        if case .session(let session) = kind { session } else { nil }
    }

    /// The levels of the node's trace records.
    public var traceLevels: TraceLevels? {
        if case .traceLevels(let levels) = kind { levels } else { nil }
    }

    /// A part of what its flight recorder holds.
    public var recording: RecordingPart? {
        if case .recording(let part) = kind { part } else { nil }
    }

    /// The identity of the cluster that was formed.
    public var cluster: ClusterID? {
        if case .formed(let cluster) = kind { cluster } else { nil }
    }
}
