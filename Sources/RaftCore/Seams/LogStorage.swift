public import RaftMembership

/// One ordered step of what a group writes. Its parts belong together: storage makes all of them durable, or none
/// (rule L7), in this order: truncation, repairs, entries, snapshot, purge, hard state.
public struct StorageBatch: Hashable, Sendable {
    public var group: GroupID
    /// Remove every entry after this index.
    public var truncateAfter: LogIndex?
    /// Entries that take the place of those with the same indices, after damage (rule D3): the log stays as long as it is,
    /// and what stands behind them stays. Given only after `recover` has told of a `DamagedTail`. With a truncation they end
    /// where that cuts: the entry there may be one that cannot be read.
    public var repairs: EntryBatch
    /// Entries to add; the first one follows what is there after the truncation.
    public var entries: EntryBatch
    /// Takes the place of the group's snapshot. Its body was finished before. Never one of an earlier position.
    public var snapshot: Snapshot?
    /// Forget entries up to and including this position, which the snapshot covers; it becomes the log's base. Past the
    /// end of the log it leaves an empty one. A damaged entry at this very position may be another one.
    public var purgeThrough: LogID?
    /// Replaces the hard state.
    public var hardState: HardState?

    public init(
        group: GroupID, truncateAfter: LogIndex? = nil, repairs: EntryBatch = .empty, entries: EntryBatch = .empty,
        snapshot: Snapshot? = nil, purgeThrough: LogID? = nil, hardState: HardState? = nil
    ) {
        self.group = group
        self.truncateAfter = truncateAfter
        self.repairs = repairs
        self.entries = entries
        self.snapshot = snapshot
        self.purgeThrough = purgeThrough
        self.hardState = hardState
    }
}

/// What storage holds of one group at start.
public struct RecoveredGroup: Hashable, Sendable {
    /// Nil when this group was never written.
    public var hardState: HardState?
    /// Terms and bounds of the log, as far as it is intact.
    public var terms: TermRuns
    /// Configuration entries in the log, oldest first.
    public var configurations: [LoggedMembership]
    /// The snapshot that was named last; it reaches at least to the log's base.
    public var snapshot: Snapshot?
    /// What stands behind `terms` in a log with damaged entries (rule D3); nil when it is intact.
    public var damage: DamagedTail?
    /// Configurations in `damage`, oldest first.
    package var detached: [LoggedMembership] = []
    /// What was dropped of the log because the snapshot covers it: storage is to forget it too.
    package var dropped: LogID?
    /// The body of a snapshot up to here is lost; storage has its record still, and takes none of an earlier position.
    package var lostSnapshot = LogIndex.zero
    /// The data is less than its node had.
    package var amnesia: Amnesia?
    /// The first damage, in one line.
    package var fault: String?
    /// What cannot be read may be a configuration: who belongs is not known then.
    package var mayHideConfiguration = false
    /// What the entries in the log are; nil when none has a body.
    package var copy: LogCopy?

    public init(
        hardState: HardState? = nil, terms: TermRuns = TermRuns(), configurations: [LoggedMembership] = [],
        snapshot: Snapshot? = nil
    ) {
        self.hardState = hardState
        self.snapshot = snapshot
        self.terms = terms
        self.configurations = configurations
    }
}

/// A configuration and where in the log it stands.
public struct LoggedMembership: Hashable, Sendable {
    public var id: LogID
    public var membership: Membership

    public init(id: LogID, membership: Membership) {
        self.id = id
        self.membership = membership
    }

    /// None yet (rule M5).
    public static let none = LoggedMembership(id: .zero, membership: Membership())
}

/// The log, the hard state and their durability: the seam a storage plugin fills.
///
/// Plain synchronous code. The framework owns threads, batching and completion: it calls `recover` once, then `commit`
/// from one thread at a time with everything that queued up meanwhile (that is the group commit), and `entries` from any
/// thread at any time, also during a commit.
public protocol LogStorage: AnyObject, Sendable {
    /// Whether `commit` returns at once, so that it may run on the driver's own lane. Default: false.
    var commitsInstantly: Bool { get }

    /// Reads what is durable of `group`. Verifies the checksum of every entry (rule D3); damaged ones are told of in
    /// `RecoveredGroup.damage`, where the storage can tell entries apart that are not.
    /// - Throws: `StorageError`; code `damaged` for what no leader can send again: a hard state, the order of the file.
    func recover(_ group: GroupID) throws -> RecoveredGroup

    /// Applies `batches` in order, as one transaction, durable when it returns (rules D1, L7). Batches of several
    /// groups may come together.
    /// - Throws: `StorageError`. Nothing of the batches may count as written after an error; the framework stops using
    ///   the storage, for a failed sync is final (rule D2). But for code `full`: the disk had no room for entries, nothing
    ///   was changed, and a later commit may succeed. A storage that allocates disk ahead refuses so while there is
    ///   enough left for hard states, truncations, purges and snapshots, and for entries that come with a no-op or a
    ///   configuration; where one of those finds no room, the node stops (rule D4).
    func commit(_ batches: [StorageBatch]) throws

    /// Whether so many bytes of entries would find room now, beside what is kept in reserve. Asked after a `commit`
    /// was refused as `full`, again and again, from the thread that calls `commit`. Default: true, so that the next
    /// commit shows it.
    /// - Throws: `StorageError`; the framework stops using the storage.
    func hasRoom(forEntries bytes: Int) throws -> Bool

    /// Entries of `group` from `range.lowerBound` on, at least one, at most those below `range.upperBound`, and, the
    /// first aside, at most `maxBytes` of them. Only what a `commit` that returned has written.
    /// - Throws: `StorageError` code `missing` when the first index is not there (rule L4).
    func entries(of group: GroupID, in range: Range<LogIndex>, maxBytes: Int) throws -> EntryBatch

    /// Where the bodies of snapshots are kept; nil for a storage without, whose log grows without end. Default: nil.
    var snapshots: (any SnapshotStore)? { get }

    /// Closes files. Not called while another call runs.
    func close()
}

extension LogStorage {
    public var snapshots: (any SnapshotStore)? { nil }
    public var commitsInstantly: Bool { false }
    public func hasRoom(forEntries bytes: Int) throws -> Bool { true }
}

/// Why storage could not do what it was asked.
public struct StorageError: Error, Hashable, Sendable, CustomStringConvertible {
    public struct Code: Hashable, Sendable {
        let name: String
        /// Another process has the directory open.
        public static let locked = Code(name: "locked")
        /// The directory belongs to another node or cluster.
        public static let foreign = Code(name: "foreign")
        /// The data is gone, older than it was, or a copy: this node may have voted or acknowledged what it no longer has
        /// (rule M10).
        public static let amnesiac = Code(name: "amnesiac")
        /// Bytes are not what was written.
        public static let damaged = Code(name: "damaged")
        /// Written by a newer release.
        public static let tooNew = Code(name: "tooNew")
        /// No room on the device.
        public static let full = Code(name: "full")
        /// The system refused to read, write or sync.
        public static let io = Code(name: "io")
        /// No entry at that index.
        public static let missing = Code(name: "missing")
        /// The caller broke the rules of this protocol.
        public static let misuse = Code(name: "misuse")
    }

    public var code: Code
    /// One line: what happened, where, and what would be right.
    public var message: String
    public var description: String { message }

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

/// What a storage is opened with.
public struct StorageContext: Sendable {
    public var node: NodeID
    /// The operator's name for the cluster; a directory of another one is refused.
    public var clusterName: String
    /// To be called now and then, from any thread, while a long opening or recovery gets on: whoever started the node may
    /// give up on one that seems to hang.
    public var progressed: @Sendable () -> Void

    public init(node: NodeID, clusterName: String, progressed: @escaping @Sendable () -> Void = {}) {
        self.node = node
        self.clusterName = clusterName
        self.progressed = progressed
    }
}
