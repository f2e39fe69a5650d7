import CRaftChecksum

/// A frame around any body, its checksum right.
enum Frame {
    static func make(_ body: [UInt8]) -> [UInt8] {
        let checksum = body.withUnsafeBytes { raft_crc32c(0, $0.baseAddress, $0.count) }
        return number(UInt32(body.count + 4)) + number(checksum) + body
    }

    private static func number(_ value: UInt32) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}
