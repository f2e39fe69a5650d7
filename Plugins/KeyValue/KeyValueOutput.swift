internal import RaftCore

/// What came of a command.
///
/// ## Format, version 1
///
/// A *value* is 4 bytes length, little-endian, the bytes.
///
/// | bytes | `ok` | `notFound` | `mismatch` |
/// |---|---|---|---|
/// | 1 | version: `01` | `01` | `01` |
/// | 1 | kind: `01` | `02` | `03` |
/// | | `01` if the key was there before, else `00` | | `00`, or `01` and the present value |
///
/// To the commands of a restore:
///
/// | bytes | `restoring` | `restored` | `noRestoration` |
/// |---|---|---|---|
/// | 1 | version: `01` | `01` | `01` |
/// | 1 | kind: `04` | `05` | `06` |
/// | | 4 bytes next chunk | 8 bytes keys before, 8 bytes keys after | |
public enum KeyValueOutput: Hashable, Sendable {
    /// Done. - existed: whether the key was there before.
    case ok(existed: Bool)
    /// Nothing done: there was no such key to delete.
    case notFound
    /// Nothing done: the present value is not the expected one; nil stands for a key that is not there.
    case mismatch(current: [UInt8]?)
    /// The restore is under way, and waits for the chunk of this number.
    case restoring(next: UInt32)
    /// The restore has ended: its state is the present one. - before: how many keys there were, all of which are gone but
    /// those that the restored state has too. - after: how many there are.
    case restored(before: UInt64, after: UInt64)
    /// Nothing done: no restore of that number is under way; another may have taken its place.
    case noRestoration
}

extension KeyValueOutput {
    /// The output as a client gets it.
    public func encoded() -> [UInt8] {
        switch self {
        case .ok(let existed):
            var writer = KeyValueFormat.writer(kind: 1, capacity: 1)
            writer.writeBool(existed)
            return writer.bytes
        case .notFound:
            return KeyValueFormat.writer(kind: 2).bytes
        case .mismatch(let current):
            var writer = KeyValueFormat.writer(kind: 3, capacity: 5 + (current?.count ?? 0))
            writer.writeOptionalValue(current)
            return writer.bytes
        case .restoring(let next):
            var writer = KeyValueFormat.writer(kind: 4, capacity: 4)
            writer.write(next)
            return writer.bytes
        case .restored(let before, let after):
            var writer = KeyValueFormat.writer(kind: 5, capacity: 16)
            writer.write(before)
            writer.write(after)
            return writer.bytes
        case .noRestoration:
            return KeyValueFormat.writer(kind: 6).bytes
        }
    }

    /// The output in `bytes`.
    /// - Throws: when they hold anything else than one output.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(KeyValueCodingError) {
        self = try KeyValueFormat.read(bytes) { kind, reader in
            switch kind {
            case 1: return .ok(existed: try reader.readBool())
            case 2: return .notFound
            case 3: return .mismatch(current: try reader.readOptionalValue())
            case 4: return .restoring(next: try reader.read())
            case 5: return .restored(before: try reader.read(), after: try reader.read())
            case 6: return .noRestoration
            default: throw WireError.unknownKind(kind)
            }
        }
    }
}
