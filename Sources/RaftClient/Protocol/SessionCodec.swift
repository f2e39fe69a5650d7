import RaftCore
import RaftMembership

/// What the client protocol says of sessions, little-endian. A session: index (8) and number (8). A call: the session,
/// serial (8), lowest serial without a result (8). An opened one: the session, timeout in nanoseconds (8), results that it
/// keeps (4), and their bytes (4).
enum SessionCodec {
    static func encode(_ session: SessionID) -> [UInt8] {
        var writer = ByteWriter(capacity: 16)
        writer.write(session.index.rawValue)
        writer.write(session.nonce)
        return writer.bytes
    }

    static func encode(_ call: SessionCall) -> [UInt8] {
        var writer = ByteWriter(appendingTo: encode(call.session))
        writer.write(call.serial)
        writer.write(call.lowestUnanswered)
        return writer.bytes
    }

    static func encode(_ opened: OpenedSession) -> [UInt8] {
        var writer = ByteWriter(appendingTo: encode(opened.id))
        writer.write(opened.limits.timeout)
        writer.write(UInt32(clamping: opened.limits.results))
        writer.write(UInt32(clamping: opened.limits.resultBytes))
        return writer.bytes
    }

    static func session(_ reader: inout ByteReader) throws(WireError) -> SessionID {
        SessionID(index: LogIndex(try reader.readBounded()), nonce: try reader.read())
    }

    /// - Throws: `WireError` for numbers that no client sends.
    static func call(_ reader: inout ByteReader) throws(WireError) -> SessionCall {
        let start = reader.offset
        let call = SessionCall(
            session: try session(&reader), serial: try reader.readBounded(), lowestUnanswered: try reader.readBounded())
        guard call.isPossible else { throw .outOfBounds(start) }
        return call
    }

    static func opened(_ reader: inout ByteReader) throws(WireError) -> OpenedSession {
        let id = try session(&reader)
        var limits = SessionLimits()
        limits.timeout = try reader.readBounded()
        limits.results = Int(try reader.read(UInt32.self))
        limits.resultBytes = Int(try reader.read(UInt32.self))
        return OpenedSession(id: id, limits: limits)
    }
}
