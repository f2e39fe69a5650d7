/// A sequence being encoded.
struct BinaryUnkeyedEncodingContainer: UnkeyedEncodingContainer {
    let context: BinaryEncodingContext
    let level: Int

    var codingPath: [any CodingKey] { [] }
    var count: Int { context.count(at: level) }

    func encodeNil() throws { try context.element(at: level) { context.encodeNil() } }

    func encode<Value: Encodable>(_ value: Value) throws {
        try context.element(at: level) { try context.encode(value) }
    }

    func encode(_ value: Int128) throws { try context.element(at: level) { try context.encode(value) } }
    func encode(_ value: UInt128) throws { try context.element(at: level) { try context.encode(value) } }

    func nestedContainer<NestedKey: CodingKey>(keyedBy keyType: NestedKey.Type) -> KeyedEncodingContainer<NestedKey> {
        nestedEncoder().container(keyedBy: keyType)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { nestedEncoder().unkeyedContainer() }

    func superEncoder() -> any Encoder { nestedEncoder() }

    private func nestedEncoder() -> BinaryEncoder {
        BinaryEncoder(context: context.deferred(at: level, name: nil), level: 0)
    }
}
