import RaftCore
import RaftMembership

/// Where a group's log begins and ends.
///
/// Encoded in 40 bytes: version (4 bytes), CRC-32C (4), base index (8), base term (8), last index (8), last term (8).
/// The base is the position before the first entry; equal positions mean that the log is empty (rule L12).
struct LogBounds: Hashable, Sendable {
    var base: LogID = .zero
    var last: LogID = .zero

    static let encodedSize = 40

    init() {}

    func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: Self.encodedSize)
        writer.write(Schema.version)
        writer.write(UInt32(0))
        for id in [base, last] {
            writer.write(id.index.rawValue)
            writer.write(id.term.rawValue)
        }
        writer.replace(at: 4, with: Checksum.of(writer.bytes))
        return writer.bytes
    }

    /// - Throws: `StorageError`, code `damaged`.
    init(decoding bytes: UnsafeRawBufferPointer, group: GroupID) throws(StorageError) {
        do {
            var reader = ByteReader(bytes)
            let version: UInt32 = try reader.read()
            let checksum: UInt32 = try reader.read()
            guard version == Schema.version, checksum == Checksum.of(bytes) else { throw WireError.truncated(0) }
            base.index = LogIndex(try reader.readBounded())
            base.term = Term(try reader.readBounded())
            last.index = LogIndex(try reader.readBounded())
            last.term = Term(try reader.readBounded())
            try reader.finish()
            guard base.index <= last.index, base.term <= last.term else { throw WireError.outOfBounds(8) }
        } catch {
            throw StorageError(.damaged, "the log bounds of group \(group) do not match their checksum")
        }
    }
}
