import CRaftChecksum
public import RaftMembership

/// What a snapshot of the state machine is of (§7, rule S1); its bytes, the *body*, are kept by a `SnapshotStore`.
///
/// Two snapshots of the same position with bodies of the same size and checksum are the same snapshot, whichever server
/// made it: a transfer that one leader began another may go on with.
///
/// Encoded little-endian: version (4 bytes, 1), CRC-32C of the rest (4), term and index of the last entry covered (8, 8),
/// size of the body (8), CRC-32C of the body (4), reserved (4, zero), term and index of the configuration (8, 8), the
/// configuration as in an entry (4-byte length and `MembershipCodec`).
public struct Snapshot: Hashable, Sendable {
    /// The last entry that the state holds: lastIncludedIndex and lastIncludedTerm.
    public var last: LogID
    /// The cluster it belongs to.
    public var cluster: ClusterID
    /// The configuration in effect at `last`, which may have been compacted (rule S4).
    public var configuration: LoggedMembership
    /// Bytes of the body.
    public var size: UInt64
    /// CRC-32C of the body.
    public var checksum: UInt32

    public init(
        last: LogID, cluster: ClusterID, configuration: LoggedMembership, size: UInt64 = 0, checksum: UInt32 = 0
    ) {
        self.last = last
        self.cluster = cluster
        self.configuration = configuration
        self.size = size
        self.checksum = checksum
    }

    public var id: SnapshotID { SnapshotID(last: last, size: size, checksum: checksum) }

    public func encoded() -> [UInt8] {
        let payload = MembershipCodec.encode(
            ConfigurationPayload(cluster: cluster, membership: configuration.membership))
        var writer = ByteWriter(capacity: 64 + payload.count)
        writer.write(UInt32(1))
        writer.write(UInt32(0))
        writer.write(last.term.rawValue)
        writer.write(last.index.rawValue)
        writer.write(size)
        writer.write(checksum)
        writer.write(UInt32(0))
        writer.write(configuration.id.term.rawValue)
        writer.write(configuration.id.index.rawValue)
        writer.writeBlock(payload)
        writer.replace(at: 4, with: Self.checksum(writer.bytes))
        return writer.bytes
    }

    /// - Throws: `EntryError` of reason `future` for a newer version, and of another reason for bytes that are none.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(EntryError) {
        var reader = ByteReader(bytes)
        do {
            let version: UInt32 = try reader.read()
            let checksum: UInt32 = try reader.read()
            guard checksum == Self.checksum([UInt8](bytes)) else {
                throw EntryError(reason: .damage, description: "the checksum of the snapshot does not match its bytes")
            }
            guard version == 1 else { throw EntryError.unknownVersion(UInt8(clamping: version)) }
            last = LogID(term: Term(try reader.readBounded()), index: LogIndex(try reader.readBounded()))
            size = try reader.readBounded()
            self.checksum = try reader.read()
            _ = try reader.read(UInt32.self)
            let id = LogID(term: Term(try reader.readBounded()), index: LogIndex(try reader.readBounded()))
            let length = Int(try reader.read(UInt32.self))
            let payload = try MembershipCodec.decode(try reader.readRaw(length))
            try reader.finish()
            cluster = payload.cluster
            configuration = LoggedMembership(id: id, membership: payload.membership)
        } catch let error as EntryError {
            throw error
        } catch {
            throw EntryError(reason: .damage, description: "the bytes are not those of a snapshot: \(error)")
        }
        guard last.index > .zero, configuration.id.index <= last.index, !configuration.membership.isEmpty else {
            throw EntryError(reason: .damage, description: "a snapshot of nothing")
        }
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress, raw.count >= 8 else { return 0 }
            return raft_crc32c(raft_crc32c(0, base, 4), base + 8, raw.count - 8)
        }
    }
}

/// Tells one snapshot from another: its position and its content (rule S1).
public struct SnapshotID: Hashable, Sendable {
    public var last: LogID
    public var size: UInt64
    public var checksum: UInt32

    public init(last: LogID, size: UInt64, checksum: UInt32) {
        self.last = last
        self.size = size
        self.checksum = checksum
    }
}

extension SnapshotID: CustomStringConvertible {
    /// `12@3, 4096 bytes`.
    public var description: String { "\(last), \(size) bytes" }
}
