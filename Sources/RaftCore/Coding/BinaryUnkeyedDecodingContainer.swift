/// A sequence being decoded, front to back.
struct BinaryUnkeyedDecodingContainer: UnkeyedDecodingContainer {
    private let decoder: BinaryDecoder
    private let contents: Range<Int>
    /// Where the next value starts.
    private var offset: Int
    private(set) var currentIndex = 0

    init(_ decoder: BinaryDecoder) throws {
        self.decoder = decoder
        contents = try decoder.context.source.contents(of: BinaryTag.sequence, at: decoder.offset)
        offset = contents.lowerBound
    }

    var codingPath: [any CodingKey] { [] }
    var isAtEnd: Bool { offset >= contents.upperBound }

    /// Counted when it is asked for; nil when the bytes turn out malformed.
    var count: Int? {
        var (count, offset) = (0, contents.lowerBound)
        while offset < contents.upperBound {
            guard let end = try? decoder.context.source.end(ofValueAt: offset, limit: contents.upperBound) else {
                return nil
            }
            (count, offset) = (count + 1, end)
        }
        return count
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd else { throw BinaryCodingError.ended }
        guard try decoder.context.isNil(at: offset) else { return false }
        return try next { _ in true }
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let (context, depth) = (decoder.context, decoder.depth)
        return try next { offset in try context.decode(type, at: offset, depth: depth) }
    }

    mutating func decode(_ type: Int128.Type) throws -> Int128 {
        let source = decoder.context.source
        return try next { offset in try source.integer(type, at: offset) }
    }
    mutating func decode(_ type: UInt128.Type) throws -> UInt128 {
        let source = decoder.context.source
        return try next { offset in try source.integer(type, at: offset) }
    }

    mutating func decodeIfPresent<Value: Decodable>(_ type: Value.Type) throws -> Value? {
        guard !isAtEnd else { return nil }
        let (context, depth) = (decoder.context, decoder.depth)
        return try next { offset in try context.decodeIfNotNil(type, at: offset, depth: depth) }
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        let decoder = decoder
        return try next { offset in try decoder.inner(at: offset).container(keyedBy: type) }
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        let decoder = decoder
        return try next { offset in try decoder.inner(at: offset).unkeyedContainer() }
    }

    mutating func superDecoder() throws -> any Decoder {
        let decoder = decoder
        return try next { offset in try decoder.inner(at: offset) }
    }

    /// Reads the value at hand and goes on to the next, unless `read` throws.
    @inline(__always)
    private mutating func next<Result>(_ read: (Int) throws -> Result) throws -> Result {
        guard !isAtEnd else { throw BinaryCodingError.ended }
        let end = try decoder.context.source.end(ofValueAt: offset, limit: contents.upperBound)
        let result = try read(offset)
        (offset, currentIndex) = (end, currentIndex + 1)
        return result
    }
}
