import RaftCore
import RaftMembership

/// Whose data directory this is.
///
/// Encoded as version (4 bytes), CRC-32C (4), node id (8), length of the cluster's name (2), the name in UTF-8.
struct Identity: Hashable, Sendable {
    var node: NodeID
    var clusterName: String

    func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: 32)
        writer.write(Schema.version)
        writer.write(UInt32(0))
        writer.write(node.rawValue)
        writer.writeString(clusterName)
        writer.replace(at: 4, with: Checksum.of(writer.bytes))
        return writer.bytes
    }

    init(node: NodeID, clusterName: String) {
        self.node = node
        self.clusterName = clusterName
    }

    /// - Throws: `StorageError`, code `tooNew` or `damaged`.
    init(decoding bytes: UnsafeRawBufferPointer, path: String) throws(StorageError) {
        let damaged = StorageError(.damaged, "\(path) is damaged: the record of its owner does not match its checksum")
        do {
            var reader = ByteReader(bytes)
            let version: UInt32 = try reader.read()
            guard version <= Schema.version else {
                throw StorageError(
                    .tooNew,
                    "\(path) has format version \(version), this release reads up to \(Schema.version): upgrade first")
            }
            let checksum: UInt32 = try reader.read()
            guard version == Schema.version, checksum == Checksum.of(bytes) else { throw damaged }
            node = NodeID(try reader.read())
            clusterName = try reader.readString()
            try reader.finish()
        } catch let error as StorageError {
            throw error
        } catch {
            throw damaged
        }
    }
}
