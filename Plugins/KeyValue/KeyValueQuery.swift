internal import RaftCore

/// A question about the keys, which changes nothing.
///
/// ## Format, version 1
///
/// Numbers are little-endian. A *key* is 2 bytes length (1…4,096; a prefix may have none), the bytes.
///
/// | bytes | `get` | `list` |
/// |---|---|---|
/// | 1 | version: `01` | `01` |
/// | 1 | kind: `01` | `02` |
/// | | key | prefix |
/// | 4 | | limit |
/// | | | `00`, or `01` and the key to start after |
public enum KeyValueQuery: Hashable, Sendable {
    /// The value of a key.
    case get(key: [UInt8])
    /// The keys that start with `prefix`, in the order of their bytes, and their values.
    ///
    /// `limit` is how many at most; whatever it is, `KeyValueLimits` bound the answer, which says whether there are
    /// more. The next page starts after the last key of the one before.
    case list(prefix: [UInt8], limit: UInt32, after: [UInt8]?)
}

extension KeyValueQuery {
    /// The query as a client sends it.
    /// - Throws: when a key is empty or too long (`KeyValueLimits`).
    public func encoded() throws(KeyValueCodingError) -> [UInt8] {
        switch self {
        case .get(let key):
            try KeyValueFormat.check(key: key)
            var writer = KeyValueFormat.writer(kind: 1, capacity: 2 + key.count)
            writer.writeKey(key)
            return writer.bytes
        case .list(let prefix, let limit, let after):
            try KeyValueFormat.check(prefix: prefix)
            if let after { try KeyValueFormat.check(key: after) }
            var writer = KeyValueFormat.writer(kind: 2, capacity: 9 + prefix.count + (after?.count ?? 0))
            writer.writeKey(prefix)
            writer.write(limit)
            writer.writeBool(after != nil)
            if let after { writer.writeKey(after) }
            return writer.bytes
        }
    }

    /// The query in `bytes`.
    /// - Throws: when they hold anything else than one query.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(KeyValueCodingError) {
        self = try KeyValueFormat.read(bytes) { kind, reader in
            switch kind {
            case 1: return .get(key: try reader.readKey())
            case 2:
                return .list(
                    prefix: try reader.readPrefix(), limit: try reader.read(),
                    after: try reader.readBool() ? try reader.readKey() : nil)
            default: throw WireError.unknownKind(kind)
            }
        }
    }
}
