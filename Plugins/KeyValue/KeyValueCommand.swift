internal import RaftCore

/// A change to the keys. The set is closed: a new kind of command comes with a new format version.
///
/// ## Format, version 1
///
/// Numbers are little-endian. A *key* is 2 bytes length (1…4,096), the bytes; a *value* is 4 bytes length (0…1,048,576),
/// the bytes.
///
/// | bytes | `put` | `delete` | `compareAndSet` |
/// |---|---|---|---|
/// | 1 | version: `01` | `01` | `01` |
/// | 1 | kind: `01` | `02` | `03` |
/// | | key | key | key |
/// | | value | | `00`, or `01` and the expected value |
/// | | | | the new value |
public enum KeyValueCommand: Hashable, Sendable {
    /// Sets the value of a key, new or not.
    case put(key: [UInt8], value: [UInt8])
    /// Removes a key.
    case delete(key: [UInt8])
    /// Sets the value of a key if its present value is `expected`; nil stands for a key that is not there.
    case compareAndSet(key: [UInt8], expected: [UInt8]?, new: [UInt8])
}

extension KeyValueCommand {
    /// The command as it stands in the log.
    /// - Throws: when the key is empty or too long or a value is too long (`KeyValueLimits`).
    public func encoded() throws(KeyValueCodingError) -> [UInt8] {
        switch self {
        case .put(let key, let value):
            try KeyValueFormat.check(key: key)
            try KeyValueFormat.check(value: value)
            var writer = KeyValueFormat.writer(kind: 1, capacity: key.count + value.count + 6)
            writer.writeKey(key)
            writer.writeBlock(value)
            return writer.bytes
        case .delete(let key):
            try KeyValueFormat.check(key: key)
            var writer = KeyValueFormat.writer(kind: 2, capacity: key.count + 2)
            writer.writeKey(key)
            return writer.bytes
        case .compareAndSet(let key, let expected, let new):
            try KeyValueFormat.check(key: key)
            if let expected { try KeyValueFormat.check(value: expected) }
            try KeyValueFormat.check(value: new)
            var writer = KeyValueFormat.writer(
                kind: 3, capacity: key.count + (expected?.count ?? 0) + new.count + 11)
            writer.writeKey(key)
            writer.writeOptionalValue(expected)
            writer.writeBlock(new)
            return writer.bytes
        }
    }

    /// The command in `bytes`. The result depends on the bytes alone.
    /// - Throws: when they hold anything else than one command.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(KeyValueCodingError) {
        self = try KeyValueFormat.read(bytes) { kind, reader in
            switch kind {
            case 1: return .put(key: try reader.readKey(), value: try reader.readValue())
            case 2: return .delete(key: try reader.readKey())
            case 3:
                return .compareAndSet(
                    key: try reader.readKey(), expected: try reader.readOptionalValue(), new: try reader.readValue())
            default: throw WireError.unknownKind(kind)
            }
        }
    }
}
