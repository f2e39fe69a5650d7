/// The `Decoder` of one value: where in which bytes it stands.
struct BinaryDecoder: Decoder {
    let context: BinaryDecodingContext
    let offset: Int
    /// How many values lie around those inside this one.
    let depth: Int

    /// Kept empty: it would cost an allocation a field, and errors name the byte.
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(try BinaryKeyedDecodingContainer(self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { try BinaryUnkeyedDecodingContainer(self) }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        BinarySingleValueDecodingContainer(decoder: self)
    }

    /// The decoder of a value inside this one.
    func inner(at offset: Int) throws -> BinaryDecoder {
        try context.checkDepth(depth)
        return BinaryDecoder(context: context, offset: offset, depth: depth + 1)
    }
}
