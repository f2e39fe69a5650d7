import CRaftChecksum

/// The head that `Identity` and `GroupRecord` share: version (4 bytes), then CRC-32C over the version and everything
/// behind the checksum (4 bytes).
enum Checksum {
    static let headSize = 8

    static func of(_ record: [UInt8]) -> UInt32 { record.withUnsafeBytes { of($0) } }

    /// 0 for what is too short to be a record.
    static func of(_ record: UnsafeRawBufferPointer) -> UInt32 {
        guard record.count >= headSize, let base = record.baseAddress else { return 0 }
        return raft_crc32c(raft_crc32c(0, base, 4), base + headSize, record.count - headSize)
    }
}
