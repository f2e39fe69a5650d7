internal import RaftCore

/// What a query found.
///
/// ## Format, version 1
///
/// Numbers are little-endian. A *key* is 2 bytes length (1…4,096), the bytes; a *value* is 4 bytes length
/// (0…1,048,576), the bytes.
///
/// | bytes | `value` | `entries` |
/// |---|---|---|
/// | 1 | version: `01` | `01` |
/// | 1 | kind: `01` | `02` |
/// | | `00`, or `01` and the value | 4 bytes count (at most 10,000), for each entry its key and its value |
/// | | | `01` if there are more, else `00` |
public enum KeyValueAnswer: Hashable, Sendable {
    /// To `get`: the value, nil if there is no such key.
    case value([UInt8]?)
    /// To `list`: the entries in the order of the bytes of their keys, and whether there are more after the last.
    case entries([KeyValueEntry], more: Bool)
}

extension KeyValueAnswer {
    /// The answer as a client gets it.
    public func encoded() -> [UInt8] {
        switch self {
        case .value(let value):
            var writer = KeyValueFormat.writer(kind: 1, capacity: 5 + (value?.count ?? 0))
            writer.writeOptionalValue(value)
            return writer.bytes
        case .entries(let entries, let more):
            let capacity = entries.reduce(5) { $0 + 6 + $1.key.count + $1.value.count }
            var writer = KeyValueFormat.writer(kind: 2, capacity: capacity)
            writer.write(UInt32(truncatingIfNeeded: entries.count))
            for entry in entries {
                writer.writeKey(entry.key)
                writer.writeBlock(entry.value)
            }
            writer.writeBool(more)
            return writer.bytes
        }
    }

    /// The answer in `bytes`.
    /// - Throws: when they hold anything else than one answer.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(KeyValueCodingError) {
        self = try KeyValueFormat.read(bytes) { kind, reader in
            switch kind {
            case 1: return .value(try reader.readOptionalValue())
            case 2:
                let count = Int(try reader.read(UInt32.self))
                // The shortest entry is 7 bytes: no memory is set aside for more than can be there.
                guard count <= KeyValueLimits.listEntries, count * 7 <= reader.remaining else {
                    throw WireError.tooLong(reader.offset - 4)
                }
                var entries: [KeyValueEntry] = []
                entries.reserveCapacity(count)
                for _ in 0..<count {
                    entries.append(KeyValueEntry(key: try reader.readKey(), value: try reader.readValue()))
                }
                return .entries(entries, more: try reader.readBool())
            default: throw WireError.unknownKind(kind)
            }
        }
    }
}
