import CRaftChecksum
public import RaftCore
public import RaftMembership

/// What stands at the beginning of a backup file: whose state it holds, as of when.
///
/// Encoded little-endian: magic `SRBK` (4 bytes), version (4, 1), CRC-32C of bytes 0–7 and 12 to the header's end (4), length
/// of the header (4), when the file was written, in milliseconds since 1970 (8), bytes of each chunk but the last (4),
/// reserved (4, zero), the node that gave it (8), name of the cluster (2-byte length and UTF-8), kind of the machine (the
/// same; empty when not known), the snapshot (4-byte length and `Snapshot.encoded()`).
public struct BackupHeader: Hashable, Sendable {
    /// Position, configuration, cluster identity, size and checksum of the body.
    public var snapshot: Snapshot
    /// The operator's name for the cluster.
    public var clusterName: String
    /// The machine whose state it is, as configurations name it; empty when not known.
    public var machine: String
    /// Who gave it.
    public var node: NodeID
    /// Milliseconds since 1970 on the clock of whoever wrote the file.
    public var taken: UInt64
    /// Bytes of each chunk of the file, but for the last.
    public var chunkBytes: Int

    public static let version: UInt32 = 1
    /// Chunks of the files that this release writes.
    public static let standardChunkBytes = 256 << 10
    /// Headers and chunks that are larger are none.
    static let maximumLength = 32 << 20
    static let maximumChunkBytes = 16 << 20
    static let magic: [UInt8] = [UInt8]("SRBK".utf8)
    static let endMagic: [UInt8] = [UInt8]("SRBE".utf8)
    /// Bytes of a chunk's own head, and of the end.
    static let chunkHeadBytes = 8
    static let endBytes = 8
    /// Bytes before the length, itself included.
    static let fixedBytes = 16

    public init(
        snapshot: Snapshot, clusterName: String, machine: String, node: NodeID, taken: UInt64,
        chunkBytes: Int = BackupHeader.standardChunkBytes
    ) {
        self.snapshot = snapshot
        self.clusterName = clusterName
        self.machine = machine
        self.node = node
        self.taken = taken
        self.chunkBytes = chunkBytes
    }

    public func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: 256)
        writer.write(Self.magic)
        writer.write(Self.version)
        writer.write(UInt32(0))
        writer.write(UInt32(0))
        writer.write(taken)
        writer.write(UInt32(chunkBytes))
        writer.write(UInt32(0))
        writer.write(node.rawValue)
        writer.writeString(clusterName)
        writer.writeString(machine)
        writer.writeBlock(snapshot.encoded())
        writer.replace(at: 12, with: UInt32(writer.count))
        writer.replace(at: 8, with: Self.checksum(writer.bytes))
        return writer.bytes
    }

    /// How long the header is that begins so.
    /// - Parameter bytes: the first `fixedBytes` of the file, or fewer when it has no more.
    static func length(beginning bytes: [UInt8], _ path: String) throws(StorageError) -> Int {
        guard bytes.starts(with: magic) else {
            throw StorageError(.damaged, "\(path) is no backup: it does not begin as one")
        }
        guard bytes.count >= fixedBytes else {
            throw StorageError(.damaged, "\(path) is cut short: it ends at byte \(bytes.count), within its header")
        }
        func number(at offset: Int) -> UInt32 {
            bytes.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
        }
        let found = number(at: 4)
        guard found <= version else {
            throw StorageError(
                .tooNew, "\(path) is a backup of version \(found), this release reads up to \(version): upgrade")
        }
        let length = Int(number(at: 12))
        guard length > fixedBytes, length <= maximumLength else {
            throw StorageError(.damaged, "\(path) is damaged at byte 12: its header cannot be \(length) bytes long")
        }
        return length
    }

    /// - Parameter bytes: exactly the header.
    init(decoding bytes: [UInt8], _ path: String) throws(StorageError) {
        do {
            self = try bytes.withUnsafeBytes { raw in try Self(raw) }
        } catch {
            throw StorageError(
                .damaged, "\(path) is damaged within its header, bytes 0 to \(bytes.count - 1): \(error)")
        }
    }

    private init(_ bytes: UnsafeRawBufferPointer) throws {
        var reader = ByteReader(bytes)
        _ = try reader.readRaw(4)
        let version: UInt32 = try reader.read()
        let checksum: UInt32 = try reader.read()
        guard version == Self.version, checksum == Self.checksum([UInt8](bytes)) else {
            throw StorageError(.damaged, "the checksum does not match its bytes")
        }
        _ = try reader.read(UInt32.self)
        taken = try reader.read()
        chunkBytes = Int(try reader.read(UInt32.self))
        _ = try reader.read(UInt32.self)
        node = NodeID(try reader.read())
        clusterName = try reader.readString()
        machine = try reader.readString()
        let length = Int(try reader.read(UInt32.self))
        snapshot = try Snapshot(decoding: try reader.readRaw(length))
        try reader.finish()
        guard (1...Self.maximumChunkBytes).contains(chunkBytes) else {
            throw StorageError(.damaged, "chunks of \(chunkBytes) bytes are not possible")
        }
        // So large that the file's size cannot be a number: whoever reckons with it would overflow.
        guard snapshot.size > 0, snapshot.size < 1 << 58 else {
            throw StorageError(.damaged, "a state of \(snapshot.size) bytes is not possible")
        }
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress, raw.count >= 12 else { return 0 }
            return raft_crc32c(raft_crc32c(0, base, 8), base + 12, raw.count - 12)
        }
    }

    // MARK: Where things are

    var chunkCount: UInt64 { (snapshot.size + UInt64(chunkBytes) - 1) / UInt64(chunkBytes) }

    /// Bytes of the whole file, whose header has `length` of them.
    func fileBytes(headerBytes length: Int) -> UInt64 {
        UInt64(length) + snapshot.size + chunkCount * UInt64(Self.chunkHeadBytes) + UInt64(Self.endBytes)
    }
}
