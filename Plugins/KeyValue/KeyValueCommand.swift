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
///
/// Those of a restore (see `KeyValueRestoration`); each begins with its number, drawn at random (8 bytes):
///
/// | bytes | `beginRestore` | `restore` | `endRestore` | `abandonRestore` |
/// |---|---|---|---|---|
/// | 1 | version: `01` | `01` | `01` | `01` |
/// | 1 | kind: `04` | `05` | `06` | `07` |
/// | 8 | restore | restore | restore | restore |
/// | | | 4 bytes number of the chunk, from 0 | 4 bytes number of chunks | |
/// | | | 4 bytes count, for each entry its key and its value | 8 bytes number of keys | |
public enum KeyValueCommand: Hashable, Sendable {
    /// Sets the value of a key, new or not.
    case put(key: [UInt8], value: [UInt8])
    /// Removes a key.
    case delete(key: [UInt8])
    /// Sets the value of a key if its present value is `expected`; nil stands for a key that is not there.
    case compareAndSet(key: [UInt8], expected: [UInt8]?, new: [UInt8])
    /// Begins to gather a state that is to take the place of the present one.
    case beginRestore(UInt64)
    /// Adds to it; the chunks are numbered from 0.
    case restore(UInt64, chunk: UInt32, entries: [KeyValueEntry])
    /// Puts it in the place of the present state, if it has so many chunks and keys.
    case endRestore(UInt64, chunks: UInt32, keys: UInt64)
    /// Forgets it.
    case abandonRestore(UInt64)
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
        case .beginRestore(let id): return Self.restoreCommand(4, id).bytes
        case .abandonRestore(let id): return Self.restoreCommand(7, id).bytes
        case .endRestore(let id, let chunks, let keys):
            var writer = Self.restoreCommand(6, id)
            writer.write(chunks)
            writer.write(keys)
            return writer.bytes
        case .restore(let id, let chunk, let entries):
            var writer = Self.restoreCommand(5, id, entries.reduce(8) { $0 + 6 + $1.key.count + $1.value.count })
            writer.write(chunk)
            writer.write(UInt32(truncatingIfNeeded: entries.count))
            for entry in entries {
                try KeyValueFormat.check(key: entry.key)
                try KeyValueFormat.check(value: entry.value)
                writer.writeKey(entry.key)
                writer.writeBlock(entry.value)
            }
            return writer.bytes
        }
    }

    private static func restoreCommand(_ kind: UInt8, _ id: UInt64, _ capacity: Int = 12) -> ByteWriter {
        var writer = KeyValueFormat.writer(kind: kind, capacity: 8 + capacity)
        writer.write(id)
        return writer
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
            case 4: return .beginRestore(try reader.read())
            case 5:
                return .restore(try reader.read(), chunk: try reader.read(), entries: try reader.readEntries())
            case 6: return .endRestore(try reader.read(), chunks: try reader.read(), keys: try reader.read())
            case 7: return .abandonRestore(try reader.read())
            default: throw WireError.unknownKind(kind)
            }
        }
    }
}
