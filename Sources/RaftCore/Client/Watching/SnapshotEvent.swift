public import RaftMembership

/// Something that became of a node's snapshots and of the log that they replace (§7).
public struct SnapshotEvent: Hashable, Sendable {
    /// What happened.
    public struct Kind: Hashable, Sendable, CustomStringConvertible {
        public let description: String

        /// The first event of each stream: the newest snapshot, if there is one, and where the log begins.
        public static let present = Kind(description: "present")
        /// The node has taken a snapshot of its machine; it is durable, and a restart would begin with it.
        public static let taken = Kind(description: "taken")
        /// A snapshot was not taken, or not received. The node works on; `reason` says why.
        public static let failed = Kind(description: "failed")
        /// This leader begins to send a snapshot to `peer`, which needs entries that are gone.
        public static let offered = Kind(description: "offered")
        /// `peer` has installed the snapshot that this leader sent.
        public static let delivered = Kind(description: "delivered")
        /// The leader's snapshot is here whole, and takes the place of the log.
        public static let received = Kind(description: "received")
        /// The machine has the state of the leader's snapshot, durably (rule S2).
        public static let installed = Kind(description: "installed")
        /// The log was cut: entries up to `purgedIndex` are gone.
        public static let purged = Kind(description: "purged")
    }

    public var kind: Kind
    /// The snapshot concerned; nil of `failed` and `purged`, and of `present` where there is none.
    public var snapshot: SnapshotID?
    /// The last entry that is gone from the log, when this happened; zero while none is.
    public var purgedIndex: LogIndex
    /// To whom it is sent: of `offered` and `delivered`.
    public var peer: NodeID?
    /// One line: of `failed`.
    public var reason: String?
    /// So many events before this one were dropped, because their reader was too slow.
    public internal(set) var missed = 0

    init(
        _ kind: Kind, _ snapshot: SnapshotID? = nil, purged: LogIndex, peer: NodeID? = nil, reason: String? = nil
    ) {
        self.kind = kind
        self.snapshot = snapshot
        purgedIndex = purged
        self.peer = peer
        self.reason = reason
    }
}
