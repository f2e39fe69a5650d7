import RaftCore
import RaftMembership

/// What there is of a group: where its log begins and ends, and whether it has a hard state and a snapshot.
///
/// Encoded in 48 bytes: version (4 bytes), CRC-32C (4), group (4), flags (4: bit 0, it has a hard state; bit 1, a snapshot),
/// base index (8), base term (8), last index (8), last term (8). The base is the position before the first entry; equal positions mean
/// that the log is empty (rule L12).
///
/// It names the group, though its key does so too, and tells of the hard state: keys have no checksum, and a hard state
/// that seems never to have been written would be a vote forgotten.
struct GroupRecord: Hashable, Sendable {
    var base: LogID = .zero
    var last: LogID = .zero
    var hasHardState = false
    var hasSnapshot = false

    static let encodedSize = 48

    init() {}

    func encoded(for group: GroupID) -> [UInt8] {
        var writer = ByteWriter(capacity: Self.encodedSize)
        writer.write(Schema.version)
        writer.write(UInt32(0))
        writer.write(group.rawValue)
        writer.write(UInt32((hasHardState ? 1 : 0) | (hasSnapshot ? 2 : 0)))
        for id in [base, last] {
            writer.write(id.index.rawValue)
            writer.write(id.term.rawValue)
        }
        writer.replace(at: 4, with: Checksum.of(writer.bytes))
        return writer.bytes
    }

    /// - Throws: `StorageError`, code `damaged`.
    init(decoding bytes: UnsafeRawBufferPointer, group: GroupID, path: String) throws(StorageError) {
        do {
            var reader = ByteReader(bytes)
            let version: UInt32 = try reader.read()
            let checksum: UInt32 = try reader.read()
            guard version == Schema.version, checksum == Checksum.of(bytes), try reader.read() == group.rawValue else {
                throw WireError.outOfBounds(0)
            }
            let flags: UInt32 = try reader.read()
            hasHardState = flags & 1 != 0
            hasSnapshot = flags & 2 != 0
            base.index = LogIndex(try reader.readBounded())
            base.term = Term(try reader.readBounded())
            last.index = LogIndex(try reader.readBounded())
            last.term = Term(try reader.readBounded())
            try reader.finish()
            guard flags <= 3, base.index <= last.index, base.term <= last.term else { throw WireError.outOfBounds(12) }
        } catch {
            throw StorageError(
                .damaged, "\(path), group \(group): the record of its log's bounds does not match its checksum")
        }
    }
}
