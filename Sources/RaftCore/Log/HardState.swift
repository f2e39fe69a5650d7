import CRaftChecksum
public import RaftMembership

/// Which of the Raft groups on one node is meant. A node runs group 1; formats carry it everywhere.
public struct GroupID: RawRepresentable, Hashable, Comparable, Sendable {
    public let rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let first = GroupID(rawValue: 1)
    @inlinable public static func < (lhs: GroupID, rhs: GroupID) -> Bool { lhs.rawValue < rhs.rawValue }
}

extension GroupID: CustomStringConvertible {
    public var description: String { String(rawValue) }
}

/// What a server must not forget (figure 2, "persistent state on all servers"), and who it is.
///
/// Encoded in 96 bytes, little-endian: version (4 bytes, 1), CRC-32C of the rest (4), cluster (16, zero for none),
/// node id (8), incarnation (8), start counter (8), term (8), voted-for id (8, zero for none), voted-for incarnation (8),
/// commit hint (8), largest promise in nanoseconds (8), proven through (8, zero for all).
public struct HardState: Hashable, Sendable {
    /// The cluster this server belongs to; nil until it was formed or adopted it (rule M9).
    public var cluster: ClusterID?
    /// Who this server is.
    public var member: Member
    /// How often the server was started on this data: peers notice a directory that was rolled back (rule M10).
    public var startCounter: UInt64
    /// `currentTerm` (§5.1).
    public var term: Term
    /// `votedFor` in `term`; the incarnation is part of it.
    public var votedFor: Member?
    /// Entries up to here were known committed when a batch was written; a restart re-applies them (rule C6).
    public var commitHint: LogIndex
    /// The longest time, in nanoseconds, for which this voter may have promised to refuse votes (rule R6).
    public var largestPromise: UInt64
    /// Entries up to here belong together; those behind it can be read, but followed an entry that was damaged and may have
    /// been another than the leader's that took its place. They do not count before a leader has sent them again (rule D3).
    /// Zero when there is no such place in the log.
    public var provenThrough: LogIndex

    public init(
        cluster: ClusterID? = nil, member: Member, startCounter: UInt64 = 0, term: Term = .zero,
        votedFor: Member? = nil, commitHint: LogIndex = .zero, largestPromise: UInt64 = 0,
        provenThrough: LogIndex = .zero
    ) {
        self.cluster = cluster
        self.member = member
        self.startCounter = startCounter
        self.term = term
        self.votedFor = votedFor
        self.commitHint = commitHint
        self.largestPromise = largestPromise
        self.provenThrough = provenThrough
    }

    public static let encodedSize = 96

    public func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: Self.encodedSize)
        writer.write(UInt32(1))
        writer.write(UInt32(0))
        writer.write(cluster?.high ?? 0)
        writer.write(cluster?.low ?? 0)
        writer.write(member.id.rawValue)
        writer.write(member.incarnation.rawValue)
        writer.write(startCounter)
        writer.write(term.rawValue)
        writer.write(votedFor?.id.rawValue ?? 0)
        writer.write(votedFor?.incarnation.rawValue ?? 0)
        writer.write(commitHint.rawValue)
        writer.write(largestPromise)
        writer.write(provenThrough.rawValue)
        writer.replace(at: 4, with: Self.checksum(writer.bytes))
        return writer.bytes
    }

    /// - Throws: `EntryError` of reason `damage` when the checksum does not match, `future` for a newer version.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(EntryError) {
        guard bytes.count >= 8 else { throw .truncated }
        var reader = ByteReader(bytes)
        do {
            let version: UInt32 = try reader.read()
            guard version == 1 else { throw EntryError.unknownVersion(UInt8(truncatingIfNeeded: version)) }
            guard bytes.count == Self.encodedSize else { throw EntryError.truncated }
            let checksum: UInt32 = try reader.read()
            guard checksum == Self.checksum([UInt8](bytes)) else {
                throw EntryError(
                    reason: .damage, description: "the checksum of the hard state does not match its bytes")
            }
            let cluster = ClusterID(high: try reader.read(), low: try reader.read())
            self.cluster = cluster.high == 0 && cluster.low == 0 ? nil : cluster
            member = Member(id: NodeID(try reader.read()), incarnation: Incarnation(try reader.read()))
            startCounter = try reader.read()
            term = Term(try reader.readBounded())
            let voted = Member(id: NodeID(try reader.read()), incarnation: Incarnation(try reader.read()))
            votedFor = voted.id.rawValue == 0 ? nil : voted
            commitHint = LogIndex(try reader.readBounded())
            largestPromise = try reader.read()
            provenThrough = LogIndex(try reader.readBounded())
        } catch let error as EntryError {
            throw error
        } catch {
            throw .truncated
        }
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return 0 }
            return raft_crc32c(raft_crc32c(0, base, 4), base + 8, raw.count - 8)
        }
    }
}
