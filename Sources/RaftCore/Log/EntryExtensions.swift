import RaftMembership

/// What an entry says beside its payload. Each extension is a tag (1 byte), a length (2 bytes) and so many bytes, in any
/// order, each at most once:
///
/// | tag | bytes | extension |
/// |---|---|---|
/// | `81` | 32 | session call: index (8) and number (8) of the session, serial (8), lowest serial without a result (8) |
/// | `82` | 8 | the leader's time in nanoseconds |
///
/// An extension whose tag has the highest bit set changes what the entry does: who does not know it must not apply the
/// entry, and stops as for an unknown kind (rule L13). One without that bit may be passed over.
package struct EntryExtensions: Hashable, Sendable {
    package var call: SessionCall?
    /// Nanoseconds on a clock of the cluster's leaders, which never runs back.
    package var leaderTime: UInt64?

    package init(call: SessionCall? = nil, leaderTime: UInt64? = nil) {
        self.call = call
        self.leaderTime = leaderTime
    }

    private static let callTag: UInt8 = 0x81
    private static let timeTag: UInt8 = 0x82
    private static let mandatory: UInt8 = 0x80

    package func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: 46)
        if let call {
            writer.write(Self.callTag)
            writer.write(UInt16(32))
            writer.write(call.session.index.rawValue)
            writer.write(call.session.nonce)
            writer.write(call.serial)
            writer.write(call.lowestUnanswered)
        }
        if let leaderTime {
            writer.write(Self.timeTag)
            writer.write(UInt16(8))
            writer.write(leaderTime)
        }
        return writer.bytes
    }

    /// - Throws: `EntryError` of reason `future` for a mandatory extension that this release does not know, or not in this
    ///   shape.
    package init(_ bytes: UnsafeRawBufferPointer) throws(EntryError) {
        var reader = ByteReader(bytes)
        do {
            while reader.remaining > 0 {
                let tag: UInt8 = try reader.read()
                let length = Int(try reader.read(UInt16.self))
                switch (tag, length) {
                case (Self.callTag, 32) where call == nil:
                    let session = SessionID(index: LogIndex(try reader.readBounded()), nonce: try reader.read())
                    let found = SessionCall(
                        session: session, serial: try reader.readBounded(), lowestUnanswered: try reader.readBounded())
                    guard found.isPossible else { throw WireError.outOfBounds(reader.offset - 32) }
                    call = found
                case (Self.timeTag, 8) where leaderTime == nil: leaderTime = try reader.readBounded()
                default:
                    guard tag & Self.mandatory == 0 else { throw WireError.unknownKind(tag) }
                    _ = try reader.readRaw(length)
                }
            }
        } catch {
            throw .unknownExtension
        }
    }
}

extension EntryBatch {
    /// The extensions of the entry at `position`; nil when they cannot be read.
    package func extensions(at position: Int) -> EntryExtensions? {
        withUnsafeBytes(ofEntryAt: position) { raw in try? Self.extensions(of: raw) }
    }

    /// Checks that this release knows what an entry says beside its payload, and what a session entry orders.
    static func checkMeaning(_ kind: EntryKind, of raw: UnsafeRawBufferPointer) throws(EntryError) {
        let flags = UInt16(littleEndian: raw.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        guard flags & ~EntryHeader.withoutBody == 0 else { throw .unknownFlags(flags) }
        if flags == EntryHeader.withoutBody {
            guard kind.hasBody, raw.count == EntryHeader.size else { throw .bodyWithoutBody }
            return
        }
        let extensions = try extensions(of: raw)
        guard kind == .session else { return }
        guard extensions.leaderTime != nil else { throw .unknownSessionOrder }
        let length = Int(UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 24, as: UInt32.self)))
        _ = try SessionOrder(UnsafeRawBufferPointer(rebasing: raw[(EntryHeader.size + length)...]))
    }

    private static func extensions(of raw: UnsafeRawBufferPointer) throws(EntryError) -> EntryExtensions {
        // The length was checked when the batch was made.
        let length = Int(UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 24, as: UInt32.self)))
        if length == 0 { return EntryExtensions() }
        return try EntryExtensions(
            UnsafeRawBufferPointer(rebasing: raw[EntryHeader.size..<EntryHeader.size + length]))
    }

    /// The order of the session entry at `position`; nil when it cannot be read.
    package func sessionOrder(at position: Int) -> SessionOrder? { withPayload(at: position) { try? SessionOrder($0) } }
}
