/// The `Encoder` of one value: where in which encoding it stands.
struct BinaryEncoder: Encoder {
    let context: BinaryEncodingContext
    let level: Int

    /// Kept empty: it would cost an allocation a field, and errors say what is wrong without it.
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        context.open(.fields, at: level)
        return KeyedEncodingContainer(BinaryKeyedEncodingContainer(context: context, level: level))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        context.open(.sequence, at: level)
        return BinaryUnkeyedEncodingContainer(context: context, level: level)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        context.open(.single, at: level)
        return BinarySingleValueEncodingContainer(context: context, level: level)
    }
}
