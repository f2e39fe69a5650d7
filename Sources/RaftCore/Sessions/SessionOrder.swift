import RaftMembership

/// The payload of a session entry (kind 4), little-endian: what is done (1 byte), then
///
/// 1 open: the session's number (8), timeout (8), sessions (4), results (4), bytes of results (4) ·
/// 2 close: the session's index (8) and number (8).
///
/// A session entry carries the leader's time.
package enum SessionOrder: Hashable, Sendable {
    case open(nonce: UInt64, SessionLimits)
    case close(SessionID)

    package func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: 32)
        switch self {
        case .open(let nonce, let limits):
            writer.write(UInt8(1))
            writer.write(nonce)
            limits.encode(to: &writer)
        case .close(let session):
            writer.write(UInt8(2))
            writer.write(session.index.rawValue)
            writer.write(session.nonce)
        }
        return writer.bytes
    }

    /// - Throws: `EntryError` of reason `future` for what this release does not know (rule L13).
    package init(_ bytes: UnsafeRawBufferPointer) throws(EntryError) {
        var reader = ByteReader(bytes)
        do {
            switch try reader.read(UInt8.self) {
            case 1: self = .open(nonce: try reader.read(), try SessionLimits(from: &reader))
            case 2: self = .close(SessionID(index: LogIndex(try reader.readBounded()), nonce: try reader.read()))
            default: throw WireError.outOfBounds(0)
            }
            try reader.finish()
        } catch {
            throw .unknownSessionOrder
        }
    }
}
