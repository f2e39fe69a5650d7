/// `Optional`, recognised at run time: one around another needs a mark of its own (tag `01`), or `.some(nil)` would come
/// back as nil.
protocol NestableOptional {
    /// - Precondition: `value` is of this type.
    static func isNil<Value>(_ value: Value) -> Bool
}

extension Optional: NestableOptional {
    static func isNil<Value>(_ value: Value) -> Bool {
        guard Value.self == Self.self else { return true }
        // One type by two names, as just compared.
        return unsafeBitCast(value, to: Self.self) == nil
    }
}

/// An optional that can be read from behind its mark.
protocol DecodableOptional {
    /// The optional around the value at `offset`.
    /// - Precondition: `type` is this type.
    static func decodeContent<Value>(
        as type: Value.Type, from context: BinaryDecodingContext, at offset: Int, depth: Int
    ) throws -> Value
}

extension Optional: DecodableOptional where Wrapped: Decodable {
    static func decodeContent<Value>(
        as type: Value.Type, from context: BinaryDecodingContext, at offset: Int, depth: Int
    ) throws -> Value {
        guard type == Self.self else { throw BinaryCodingError.mismatch(type, tag: BinaryTag.some, at: offset) }
        let content = Self.some(try context.decode(Wrapped.self, at: offset, depth: depth))
        // One type by two names, as just compared.
        return unsafeBitCast(content, to: type)
    }
}
