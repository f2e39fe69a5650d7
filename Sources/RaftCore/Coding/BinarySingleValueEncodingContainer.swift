/// A value that is encoded as another one.
struct BinarySingleValueEncodingContainer: SingleValueEncodingContainer {
    let context: BinaryEncodingContext
    let level: Int

    var codingPath: [any CodingKey] { [] }

    func encodeNil() throws { try context.element(at: level) { context.encodeNil() } }

    func encode<Value: Encodable>(_ value: Value) throws {
        try context.element(at: level) { try context.encode(value) }
    }

    func encode(_ value: Int128) throws { try context.element(at: level) { try context.encode(value) } }
    func encode(_ value: UInt128) throws { try context.element(at: level) { try context.encode(value) } }
}
