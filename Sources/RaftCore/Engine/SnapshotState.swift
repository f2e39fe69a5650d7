package import RaftMembership

/// Snapshots of this server (§7): the newest, the one that is being taken, the one that comes from the leader.
package struct SnapshotState: Hashable, Sendable {
    /// Covers the log at least to its base.
    package internal(set) var newest: Snapshot?
    /// Storage has the record of one up to here, whose body is lost: none of an earlier position can take its place.
    var lost = LogIndex.zero
    /// One at a time.
    package internal(set) var taking: Taking?
    package internal(set) var receiving: Receiving?
    package internal(set) var installing: Installing?
    /// Numbers the orders to take one.
    var lastOrder: UInt64 = 0
    /// Machine or storage have none, and said so.
    var isImpossible = false
    /// `EngineLog.appendedBytes` when the newest one was taken, for the policy by bytes.
    var bytesAtLast: UInt64 = 0
    var calls: [Call] = []
    /// The write that names the newest one, while it is under way.
    var naming: WriteID?
    /// The leader's stream in which snapshots come (rule P3).
    var stream: UInt32 = 0

    package struct Taking: Hashable, Sendable {
        package let order: UInt64
        package let last: LogID
        var bytes: UInt64
    }

    /// A body on its way here.
    package struct Receiving: Hashable, Sendable {
        package let snapshot: Snapshot
        /// Where the next chunk begins; nil until storage said what it has of this body already.
        var accepted: UInt64?
        var written: UInt64 = 0
    }

    /// A body that is complete and verified, on its way to the machine (rule S2).
    package struct Installing: Hashable, Sendable {
        package let snapshot: Snapshot
        /// The transaction with position, configuration and log.
        let write: WriteID
        /// The transaction is durable, and the machine is being restored.
        package internal(set) var isRestoring = false
    }

    /// Somebody waits for a snapshot that covers `through`.
    struct Call: Hashable, Sendable {
        let id: CallID
        let through: LogIndex
        let compacts: Bool
        /// The write that names it.
        var write: WriteID?
    }
}

/// A body on its way to a peer.
package struct SnapshotTransfer: Hashable, Sendable {
    package let member: Member
    package let snapshot: Snapshot
    /// The peer has written so much.
    package internal(set) var acknowledged: UInt64 = 0
    var sent: UInt64 = 0
    /// The peer said how much of it it has.
    var isAccepted = false
    /// A piece was asked of storage.
    var isReading = false
    /// The last gap that the peer reported: what was sent after it is sent again, once.
    var rewoundAt: UInt64?

    init(member: Member, snapshot: Snapshot) {
        self.member = member
        self.snapshot = snapshot
    }
}

/// What became of the order to take a snapshot.
package enum SnapshotResult: Hashable, Sendable {
    /// Its body is durable.
    case taken(Snapshot)
    case failed(String)
    /// There are none of this machine, or in this storage.
    case impossible(String)

    /// Why there is none.
    var failure: String? {
        switch self {
        case .taken: nil
        case .failed(let reason), .impossible(let reason): reason
        }
    }
}

/// How a call to take a snapshot or to compact the log ended.
package enum SnapshotOutcome: Hashable, Sendable {
    /// The log is purged up to the position given.
    case done(Snapshot, purged: LogIndex)
    case failed(String)
}
