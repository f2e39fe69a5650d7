public import RaftCore

extension KeyValueMachine: QueryableStateMachine {
    /// True: a command costs about a microsecond.
    public var isInline: Bool { true }

    /// A `KeyValueSnapshot`: one reference.
    public func snapshot() -> (any SnapshotView)? { KeyValueSnapshot(tree: tree, restoration: restoration) }

    /// What was there before goes first, so that there is never room needed for both. A machine whose restoring failed is
    /// empty.
    /// - Throws: `StorageError` for a body that is not in the format of `KeyValueSnapshot`; else what the source throws.
    public mutating func restore(from source: SnapshotSource) throws {
        self = KeyValueMachine()
        (tree, restoration) = try KeyValueSnapshot.read(from: source)
    }

    /// - Throws: `KeyValueCodingError` when a key or a value is over the limits.
    public static func encode(_ command: KeyValueCommand) throws -> [UInt8] { try command.encoded() }

    /// - Throws: `KeyValueCodingError`, which depends on the bytes alone (rule C7).
    public static func decode(_ bytes: UnsafeRawBufferPointer) throws -> KeyValueCommand {
        try KeyValueCommand(decoding: bytes)
    }

    public static func encode(_ output: KeyValueOutput) -> [UInt8] { output.encoded() }

    public static func encodeOutput(_ output: KeyValueOutput) -> [UInt8]? { output.encoded() }

    /// - Throws: `KeyValueCodingError` when the bytes hold no output.
    public static func decodeOutput(_ bytes: UnsafeRawBufferPointer) throws -> KeyValueOutput {
        try KeyValueOutput(decoding: bytes)
    }

    /// - Throws: `KeyValueCodingError` when the bytes hold no query.
    public static func decodeQuery(_ bytes: UnsafeRawBufferPointer) throws -> KeyValueQuery {
        try KeyValueQuery(decoding: bytes)
    }

    public static func encode(_ answer: KeyValueAnswer) -> [UInt8] { answer.encoded() }
}
