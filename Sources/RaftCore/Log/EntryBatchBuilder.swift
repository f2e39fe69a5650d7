import CRaftChecksum
public import RaftMembership

/// Encodes entries one behind the other into one buffer: the only place where entries are made.
public struct EntryBatchBuilder: Sendable {
    public let firstIndex: LogIndex
    private var bytes: [UInt8] = []
    private var offsets: [UInt32] = [0]
    private var isPlain = true

    public init(firstIndex: LogIndex, capacity: Int = 0, count: Int = 0) {
        self.firstIndex = firstIndex
        bytes.reserveCapacity(capacity)
        offsets.reserveCapacity(count + 1)
    }

    public var count: Int { offsets.count - 1 }
    public var byteCount: Int { bytes.count }
    public var nextIndex: LogIndex { firstIndex + count }

    /// Adds the entry at `nextIndex`.
    public mutating func append(_ kind: EntryKind, term: Term, extensions: [UInt8] = [], payload: [UInt8]) {
        append(kind, flags: 0, term: term, extensions: extensions, payload: payload)
    }

    /// Adds an entry of which only kind, term and index are kept (rule X2).
    mutating func appendWithoutBody(_ kind: EntryKind, term: Term) {
        isPlain = false
        append(kind, flags: EntryHeader.withoutBody, term: term, extensions: [], payload: [])
    }

    private mutating func append(
        _ kind: EntryKind, flags: UInt16, term: Term, extensions: [UInt8], payload: [UInt8]
    ) {
        let start = bytes.count
        let length = EntryHeader.size + extensions.count + payload.count
        let index = nextIndex
        withUnsafeTemporaryAllocation(byteCount: EntryHeader.size, alignment: 8) { head in
            head.storeBytes(of: EntryHeader.version, toByteOffset: 0, as: UInt8.self)
            head.storeBytes(of: kind.rawValue, toByteOffset: 1, as: UInt8.self)
            head.storeBytes(of: flags.littleEndian, toByteOffset: 2, as: UInt16.self)
            head.storeBytes(of: term.rawValue.littleEndian, toByteOffset: 8, as: UInt64.self)
            head.storeBytes(of: index.rawValue.littleEndian, toByteOffset: 16, as: UInt64.self)
            head.storeBytes(of: UInt32(extensions.count).littleEndian, toByteOffset: 24, as: UInt32.self)
            head.storeBytes(of: UInt32(payload.count).littleEndian, toByteOffset: 28, as: UInt32.self)
            payload.withUnsafeBytes { body in
                var crc = raft_crc32c(0, head.baseAddress, 4)
                crc = raft_crc32c(crc, head.baseAddress.map { $0 + 8 }, EntryHeader.size - 8)
                if !extensions.isEmpty {
                    isPlain = false
                    crc = extensions.withUnsafeBytes { raft_crc32c(crc, $0.baseAddress, $0.count) }
                }
                if body.count > 0 { crc = raft_crc32c(crc, body.baseAddress, body.count) }
                head.storeBytes(of: crc.littleEndian, toByteOffset: 4, as: UInt32.self)
                bytes.append(contentsOf: UnsafeRawBufferPointer(head))
                bytes.append(contentsOf: extensions)
                bytes.append(contentsOf: body)
            }
        }
        offsets.append(UInt32(start + length))
    }

    public consuming func finish() -> EntryBatch {
        let count = offsets.count - 1
        return EntryBatch(
            storage: EntryBatch.Storage(
                bytes: bytes, offsets: offsets, firstIndex: firstIndex, isPlain: isPlain),
            lower: 0, upper: count)
    }
}
