/// A value that is decoded as another one.
struct BinarySingleValueDecodingContainer: SingleValueDecodingContainer {
    let decoder: BinaryDecoder

    var codingPath: [any CodingKey] { [] }

    func decodeNil() -> Bool { (try? decoder.context.isNil(at: decoder.offset)) ?? false }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try decoder.context.decode(type, at: decoder.offset, depth: decoder.depth)
    }

    func decode(_ type: Int128.Type) throws -> Int128 { try decoder.context.source.integer(type, at: decoder.offset) }
    func decode(_ type: UInt128.Type) throws -> UInt128 { try decoder.context.source.integer(type, at: decoder.offset) }
}
