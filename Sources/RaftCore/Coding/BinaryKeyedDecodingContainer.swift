/// The fields of a value being decoded, found by a binary search.
struct BinaryKeyedDecodingContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    private let decoder: BinaryDecoder
    private let fields: [BinarySource.Field]

    init(_ decoder: BinaryDecoder) throws {
        self.decoder = decoder
        let source = decoder.context.source
        let contents = try source.contents(of: BinaryTag.fields, at: decoder.offset)
        fields = try source.sortedFields(in: contents)
    }

    var codingPath: [any CodingKey] { [] }

    var allKeys: [Key] {
        let source = decoder.context.source
        return fields.compactMap { field in
            guard let name = try? source.text(in: field.name) else { return nil }
            return Key(stringValue: name)
        }
    }

    func contains(_ key: Key) -> Bool { find(key.stringValue) != nil }

    func decodeNil(forKey key: Key) throws -> Bool { try decoder.context.isNil(at: try offset(of: key.stringValue)) }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try decoder.context.decode(type, at: try offset(of: key.stringValue), depth: decoder.depth)
    }

    // The standard library's own versions of these two would be taken before the generic one above, and throw.
    func decode(_ type: Int128.Type, forKey key: Key) throws -> Int128 {
        try decoder.context.source.integer(type, at: try offset(of: key.stringValue))
    }
    func decode(_ type: UInt128.Type, forKey key: Key) throws -> UInt128 {
        try decoder.context.source.integer(type, at: try offset(of: key.stringValue))
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        guard let offset = find(key.stringValue) else { return nil }
        return try decoder.context.decodeIfNotNil(type, at: offset, depth: decoder.depth)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try nestedDecoder(key.stringValue).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try nestedDecoder(key.stringValue).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { try nestedDecoder("super") }

    func superDecoder(forKey key: Key) throws -> any Decoder { try nestedDecoder(key.stringValue) }

    private func nestedDecoder(_ name: String) throws -> BinaryDecoder { try decoder.inner(at: try offset(of: name)) }

    private func offset(of name: String) throws(BinaryCodingError) -> Int {
        guard let offset = find(name) else { throw .missing(name) }
        return offset
    }

    /// Where the value of the field `name` starts.
    private func find(_ name: String) -> Int? {
        let source = decoder.context.source
        var name = name
        return name.withUTF8 { text in
            let name = UnsafeRawBufferPointer(text)
            var (low, high) = (0, fields.count)
            while low < high {
                let middle = (low + high) / 2
                let order = BinarySource.order(source.slice(fields[middle].name), name)
                if order == 0 { return fields[middle].value }
                if order < 0 { low = middle + 1 } else { high = middle }
            }
            return nil
        }
    }
}
