import CRaftChecksum
public import RaftMembership

/// What an entry is for. A kind that this release does not know fences the node (rule L13): it is never skipped.
public struct EntryKind: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The first entry of a leader's term (§8, rule C8). No payload.
    public static let noOp = EntryKind(rawValue: 1)
    /// A command for the state machine.
    public static let command = EntryKind(rawValue: 2)
    /// A `Membership` (§6).
    public static let configuration = EntryKind(rawValue: 3)
    /// Opens or closes a client session (D§6.3, rule W4).
    public static let session = EntryKind(rawValue: 4)

    public var isKnown: Bool { (1...4).contains(rawValue) }
}

/// The fixed head of an encoded entry.
///
/// An entry is encoded once, by the leader, and the same bytes go into frames, onto disk and into memory everywhere:
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 1 | format version, 1 |
/// | 1 | 1 | kind |
/// | 2 | 2 | flags: bit 0, extensions and payload are left out, as a witness keeps it (rule X2); the rest 0 |
/// | 4 | 4 | CRC-32C over bytes 0–3, then 8 to the end |
/// | 8 | 8 | term |
/// | 16 | 8 | index |
/// | 24 | 4 | length of the extensions |
/// | 28 | 4 | length of the payload |
/// | 32 | … | extensions, then payload |
///
/// All numbers are little-endian. The checksum covers every other field of the head and both bodies (rule D3).
public struct EntryHeader: Hashable, Sendable {
    public static let version: UInt8 = 1
    /// Bytes before the extensions.
    public static let size = 32
    /// The flag of an entry whose extensions and payload are left out.
    public static let withoutBody: UInt16 = 1

    public var kind: EntryKind
    public var flags: UInt16
    public var checksum: UInt32
    public var term: Term
    public var index: LogIndex
    public var extensionsLength: UInt32
    public var payloadLength: UInt32

    @inlinable public var id: LogID { LogID(term: term, index: index) }
    /// Bytes of the whole entry.
    @inlinable public var totalLength: Int { Self.size + Int(extensionsLength) + Int(payloadLength) }

    /// Reads the head at the start of `bytes` and checks that the whole entry lies within them.
    public init(_ bytes: UnsafeRawBufferPointer) throws(EntryError) {
        guard bytes.count >= Self.size else { throw .truncated }
        func load<Value: FixedWidthInteger>(_ offset: Int) -> Value {
            Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
        }
        let version: UInt8 = load(0)
        guard version == Self.version else { throw .unknownVersion(version) }
        kind = EntryKind(rawValue: load(1))
        flags = load(2)
        checksum = load(4)
        term = Term(load(8))
        index = LogIndex(load(16))
        extensionsLength = load(24)
        payloadLength = load(28)
        guard term.rawValue < wireBound, index.rawValue < wireBound else { throw .outOfBounds }
        guard Int(extensionsLength) + Int(payloadLength) <= bytes.count - Self.size else { throw .truncated }
    }

    /// The checksum that `entry`, head and bodies, ought to carry.
    static func expectedChecksum(of entry: UnsafeRawBufferPointer) -> UInt32 {
        guard let base = entry.baseAddress else { return 0 }
        let head = raft_crc32c(0, base, 4)
        return raft_crc32c(head, base + 8, entry.count - 8)
    }

    /// Whether the checksum of these bytes, all of them one entry, is right, of whatever version they are.
    static func isIntact(_ entry: UnsafeRawBufferPointer) -> Bool {
        entry.count >= size
            && UInt32(littleEndian: entry.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
                == expectedChecksum(of: entry)
    }

    /// Checks the whole of an encoded entry and returns its head.
    public static func verify(_ entry: UnsafeRawBufferPointer) throws(EntryError) -> EntryHeader {
        let header = try EntryHeader(entry)
        let whole = UnsafeRawBufferPointer(rebasing: entry[0..<header.totalLength])
        guard expectedChecksum(of: whole) == header.checksum else { throw .checksumMismatch(header.id) }
        return header
    }
}

/// Why bytes are no entry.
public struct EntryError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Reason: Hashable, Sendable { case format, damage, future }
    /// `future` means a newer release wrote it: the node must stop rather than skip it (rule L13).
    public let reason: Reason
    public let description: String

    public static let truncated = EntryError(reason: .format, description: "it is shorter than its lengths say")
    public static let outOfBounds = EntryError(reason: .format, description: "its term or index is impossible")
    public static let notContiguous = EntryError(
        reason: .format, description: "its index does not follow the one before")
    public static let termDecreases = EntryError(reason: .format, description: "its term is below the one before")
    public static func unknownVersion(_ version: UInt8) -> EntryError {
        EntryError(reason: .future, description: "its format version \(version) is newer than this release knows")
    }
    public static func unknownKind(_ kind: EntryKind) -> EntryError {
        EntryError(reason: .future, description: "its kind \(kind.rawValue) is newer than this release knows")
    }
    static func unknownFlags(_ flags: UInt16) -> EntryError {
        EntryError(reason: .future, description: "its flags \(flags) are newer than this release knows")
    }
    static let bodyWithoutBody = EntryError(
        reason: .format, description: "it is marked as one without its body, and has one")
    static let unknownExtension = EntryError(
        reason: .future, description: "it has an extension that only a newer release knows")
    static let unknownSessionOrder = EntryError(
        reason: .future, description: "it orders of a client session what only a newer release knows")
    public static func checksumMismatch(_ id: LogID) -> EntryError {
        EntryError(reason: .damage, description: "the checksum of entry \(id) does not match its bytes")
    }
}
