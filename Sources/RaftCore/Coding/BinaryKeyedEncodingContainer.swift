/// Fields of a value being encoded.
struct BinaryKeyedEncodingContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let context: BinaryEncodingContext
    let level: Int

    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) throws {
        try context.field(key.stringValue, at: level) { context.encodeNil() }
    }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        try context.field(key.stringValue, at: level) { try context.encode(value) }
    }

    // The standard library's own versions of these two would be taken before the generic one above, and throw.
    func encode(_ value: Int128, forKey key: Key) throws {
        try context.field(key.stringValue, at: level) { try context.encode(value) }
    }
    func encode(_ value: UInt128, forKey key: Key) throws {
        try context.field(key.stringValue, at: level) { try context.encode(value) }
    }

    func encodeIfPresent<Value: Encodable>(_ value: Value?, forKey key: Key) throws {
        guard let value else { return }
        try context.field(key.stringValue, at: level) {
            let start = context.bytes.count
            try context.encode(value)
            context.markNested(at: start)
        }
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        nestedEncoder(key.stringValue).container(keyedBy: keyType)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        nestedEncoder(key.stringValue).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { nestedEncoder("super") }

    func superEncoder(forKey key: Key) -> any Encoder { nestedEncoder(key.stringValue) }

    private func nestedEncoder(_ name: String) -> BinaryEncoder {
        BinaryEncoder(context: context.deferred(at: level, name: name), level: 0)
    }
}
