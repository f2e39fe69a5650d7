/// The bytes of one decoding. Outlived by no pointer into them: a decoder that is kept after the decoding reads nothing.
final class BinaryDecodingContext {
    private(set) var source: BinarySource

    init(source: BinarySource) { self.source = source }

    func invalidate() { source = BinarySource(buffer: UnsafeRawBufferPointer(start: nil, count: 0)) }

    /// The value at `offset`, inside `depth` others.
    func decode<Value: Decodable>(_ type: Value.Type, at offset: Int, depth: Int) throws -> Value {
        try DirectPath.read(type, from: source, at: offset) { try decodeIndirectly(type, at: offset, depth: depth) }
    }

    private func decodeIndirectly<Value: Decodable>(_ type: Value.Type, at offset: Int, depth: Int) throws -> Value {
        try checkDepth(depth)
        if try source.byte(at: offset) == BinaryTag.some {
            guard let optional = type as? any DecodableOptional.Type else {
                throw BinaryCodingError.mismatch(type, tag: BinaryTag.some, at: offset)
            }
            let content = try nestedContent(at: offset)
            return try optional.decodeContent(as: type, from: self, at: content, depth: depth + 1)
        }
        return try Value(from: BinaryDecoder(context: self, offset: offset, depth: depth + 1))
    }

    /// The value at `offset` if it is not nil.
    func decodeIfNotNil<Value: Decodable>(_ type: Value.Type, at offset: Int, depth: Int) throws -> Value? {
        switch try source.byte(at: offset) {
        case BinaryTag.nothing: nil
        case BinaryTag.some: try decode(type, at: try nestedContent(at: offset), depth: depth)
        default: try decode(type, at: offset, depth: depth)
        }
    }

    func isNil(at offset: Int) throws -> Bool { try source.byte(at: offset) == BinaryTag.nothing }

    func checkDepth(_ depth: Int) throws(BinaryCodingError) {
        guard depth < BinaryCoder.depthLimit else { throw .tooDeep }
    }

    private func nestedContent(at offset: Int) throws(BinaryCodingError) -> Int {
        guard try source.byte(at: offset + 1) <= BinaryTag.some else {
            throw .malformed("marks an optional that is not nested", at: offset)
        }
        return offset + 1
    }
}
