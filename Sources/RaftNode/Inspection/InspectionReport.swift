import FoundationEssentials

/// What the data directory of a stopped node holds: what `raftd inspect` prints. A storage module fills it.
///
/// The names of the fields are those of the JSON output.
public struct InspectionReport: Encodable, Hashable, Sendable {
    /// Something that is not as it was written.
    public struct Damage: Encodable, Hashable, Sendable {
        /// The group; nil when it concerns the directory as a whole.
        public var group: UInt32?
        /// The log entry; nil when it is none.
        public var index: UInt64?
        /// One line.
        public var reason: String

        public init(group: UInt32? = nil, index: UInt64? = nil, reason: String) {
            self.group = group
            self.index = index
            self.reason = reason
        }
    }

    /// A position of the log.
    public struct Position: Encodable, Hashable, Sendable {
        public var index: UInt64
        public var term: UInt64

        public init(index: UInt64, term: UInt64) {
            self.index = index
            self.term = term
        }
    }

    /// What a server must not forget.
    public struct HardState: Encodable, Hashable, Sendable {
        public var cluster: String?
        public var member: String
        public var startCounter: UInt64
        public var term: UInt64
        public var votedFor: String?
        public var commitHint: UInt64
        /// What stands behind this index waits for a leader (rule D3); nil when nothing does.
        public var provenThrough: UInt64?

        public init(
            cluster: String?, member: String, startCounter: UInt64, term: UInt64, votedFor: String?, commitHint: UInt64,
            provenThrough: UInt64? = nil
        ) {
            self.cluster = cluster
            self.member = member
            self.startCounter = startCounter
            self.term = term
            self.votedFor = votedFor
            self.commitHint = commitHint
            self.provenThrough = provenThrough
        }
    }

    public struct Member: Encodable, Hashable, Sendable {
        public var id: UInt64
        /// `voter`, `outgoing voter`, `learner` or `witness`.
        public var role: String
        public var incarnation: String
        public var addresses: [String]

        public init(id: UInt64, role: String, incarnation: String, addresses: [String]) {
            self.id = id
            self.role = role
            self.incarnation = incarnation
            self.addresses = addresses
        }
    }

    /// The state of the machine that took the place of log entries, whose body was read whole.
    public struct Snapshot: Encodable, Hashable, Sendable {
        /// The last entry it covers.
        public var last: Position
        /// The configuration in effect there.
        public var membershipAt: Position
        /// Bytes of the body.
        public var size: UInt64
        /// CRC-32C of the body, hexadecimal.
        public var checksum: String
        /// Whether the body is there and matches size and checksum.
        public var isIntact: Bool

        public init(last: Position, membershipAt: Position, size: UInt64, checksum: String, isIntact: Bool) {
            self.last = last
            self.membershipAt = membershipAt
            self.size = size
            self.checksum = checksum
            self.isIntact = isIntact
        }
    }

    public struct Group: Encodable, Hashable, Sendable {
        public var group: UInt32
        public var hardState: HardState?
        public var snapshot: Snapshot?
        /// The position before the first entry.
        public var base: Position
        public var last: Position
        public var entries: Int
        public var entryBytes: Int
        /// The last configuration in the log, or else the snapshot's, and where it stands.
        public var membership: [Member]
        public var membershipAt: Position?

        public init(
            group: UInt32, hardState: HardState?, snapshot: Snapshot? = nil, base: Position, last: Position,
            entries: Int,
            entryBytes: Int, membership: [Member], membershipAt: Position?
        ) {
            self.group = group
            self.hardState = hardState
            self.snapshot = snapshot
            self.base = base
            self.last = last
            self.entries = entries
            self.entryBytes = entryBytes
            self.membership = membership
            self.membershipAt = membershipAt
        }
    }

    public var directory: String
    public var storage: String
    public var formatVersion: UInt32
    public var clusterName: String?
    public var node: UInt64?
    /// A write or a sync failed: the next start verifies and copies everything before it serves (rule D2).
    public var isDirty: Bool
    public var fileBytes: Int
    public var usedBytes: Int
    public var groups: [Group]
    /// Empty when every checksum matches.
    public var damage: [Damage]

    public init(
        directory: String, storage: String, formatVersion: UInt32, clusterName: String?, node: UInt64?, isDirty: Bool,
        fileBytes: Int, usedBytes: Int, groups: [Group], damage: [Damage]
    ) {
        self.directory = directory
        self.storage = storage
        self.formatVersion = formatVersion
        self.clusterName = clusterName
        self.node = node
        self.isDirty = isDirty
        self.fileBytes = fileBytes
        self.usedBytes = usedBytes
        self.groups = groups
        self.damage = damage
    }

    /// Whether everything is as it was written.
    public var isIntact: Bool { damage.isEmpty }

    /// One object, its keys sorted.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }
}
