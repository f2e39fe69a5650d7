import CRaftChecksum
public import RaftMembership

/// What a node remembers of itself apart from its data, so that it notices when the data is gone, or is older than it was
/// (rule M10). Never ahead of the data: it is raised after a commit and lowered before a truncation.
///
/// Encoded in 96 bytes, little-endian: magic `SRMK` (4 bytes), version (4, 1), CRC-32C of everything else (4), reserved
/// (4, zero), cluster (16, zero for none), node id (8), incarnation (8), start counter (8), term (8), voted-for id (8,
/// zero for none), voted-for incarnation (8), term (8) and index (8) of the last durable entry.
public struct NodeMark: Hashable, Sendable {
    /// The cluster it belonged to; nil when it had none.
    public var cluster: ClusterID?
    /// Who it was, in which life.
    public var member: Member
    /// How often it had been started on its data.
    public var startCounter: UInt64
    /// `currentTerm` (§5.1).
    public var term: Term
    /// `votedFor` in `term`.
    public var votedFor: Member?
    /// An entry that was durable in its log: the last one, or at most a second older.
    public var last: LogID

    public init(
        cluster: ClusterID? = nil, member: Member, startCounter: UInt64 = 0, term: Term = .zero,
        votedFor: Member? = nil, last: LogID = .zero
    ) {
        self.cluster = cluster
        self.member = member
        self.startCounter = startCounter
        self.term = term
        self.votedFor = votedFor
        self.last = last
    }

    /// The mark of a node with this hard state and this last entry, both durable.
    init(_ hardState: HardState, last: LogID) {
        self.init(
            cluster: hardState.cluster, member: hardState.member, startCounter: hardState.startCounter,
            term: hardState.term, votedFor: hardState.votedFor, last: last)
    }

    public static let encodedSize = 96
    private static let magic = [UInt8]("SRMK".utf8)

    public func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: Self.encodedSize)
        writer.write(Self.magic)
        writer.write(UInt32(1))
        writer.write(UInt32(0))
        writer.write(UInt32(0))
        writer.write(cluster?.high ?? 0)
        writer.write(cluster?.low ?? 0)
        writer.write(member.id.rawValue)
        writer.write(member.incarnation.rawValue)
        writer.write(startCounter)
        writer.write(term.rawValue)
        writer.write(votedFor?.id.rawValue ?? 0)
        writer.write(votedFor?.incarnation.rawValue ?? 0)
        writer.write(last.term.rawValue)
        writer.write(last.index.rawValue)
        writer.replace(at: 8, with: Self.checksum(writer.bytes))
        return writer.bytes
    }

    /// The first twelve bytes keep their meaning in all versions.
    /// - Throws: `EntryError` of reason `future` for a newer version, and of another reason for bytes that are no mark.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(EntryError) {
        var reader = ByteReader(bytes)
        do {
            guard try reader.readRaw(4).elementsEqual(Self.magic) else { throw Self.noMark }
            let version: UInt32 = try reader.read()
            let checksum: UInt32 = try reader.read()
            // Of whatever version: a damaged one is no later one.
            guard checksum == Self.checksum([UInt8](bytes)) else {
                throw EntryError(reason: .damage, description: "the checksum of the mark does not match its bytes")
            }
            guard version <= 1 else { throw EntryError.unknownVersion(UInt8(truncatingIfNeeded: version)) }
            guard version == 1, bytes.count == Self.encodedSize else { throw Self.noMark }
            _ = try reader.read(UInt32.self)
            let cluster = ClusterID(high: try reader.read(), low: try reader.read())
            self.cluster = cluster.high == 0 && cluster.low == 0 ? nil : cluster
            member = Member(id: NodeID(try reader.read()), incarnation: Incarnation(try reader.read()))
            startCounter = try reader.read()
            term = Term(try reader.readBounded())
            let voted = Member(id: NodeID(try reader.read()), incarnation: Incarnation(try reader.read()))
            votedFor = voted.id.rawValue == 0 ? nil : voted
            last = LogID(term: Term(try reader.readBounded()), index: LogIndex(try reader.readBounded()))
        } catch let error as EntryError {
            throw error
        } catch {
            throw Self.noMark
        }
    }

    private static var noMark: EntryError {
        EntryError(reason: .damage, description: "the bytes are not those of a mark")
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return 0 }
            return raft_crc32c(raft_crc32c(0, base, 8), base + 12, raw.count - 12)
        }
    }
}

extension NodeMark: CustomStringConvertible {
    /// As messages name it: `start 5, term 3, entry 12@3`.
    public var description: String { "start \(startCounter), term \(term), entry \(last)" }
}
