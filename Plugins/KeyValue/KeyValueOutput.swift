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
public enum KeyValueOutput: Hashable, Sendable {
    /// Done. - existed: whether the key was there before.
    case ok(existed: Bool)
    /// Nothing done: there was no such key to delete.
    case notFound
    /// Nothing done: the present value is not the expected one; nil stands for a key that is not there.
    case mismatch(current: [UInt8]?)
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
            default: throw WireError.unknownKind(kind)
            }
        }
    }
}
