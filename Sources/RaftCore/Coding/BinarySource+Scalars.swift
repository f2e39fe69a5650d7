/// Reading single values. Every function checks the tag, and that integers are in their shortest form.
extension BinarySource {
    @inline(__always)
    func integer<Value: FixedWidthInteger>(_ type: Value.Type, at offset: Int) throws(BinaryCodingError) -> Value {
        let tag = try byte(at: offset)
        // The commonest first: a small natural number.
        if tag == BinaryTag.natural {
            guard let value = Value(exactly: try byte(at: offset + 1)) else { throw tooNarrow(type, at: offset) }
            return value
        }
        return try wideInteger(type, tag: tag, at: offset)
    }

    @inline(never)
    private func wideInteger<Value: FixedWidthInteger>(
        _ type: Value.Type, tag: UInt8, at offset: Int
    ) throws(BinaryCodingError) -> Value {
        switch tag {
        case BinaryTag.natural: try integer(type, as: UInt8.self, at: offset)
        case BinaryTag.natural + 1: try integer(type, as: UInt16.self, beyond: UInt8.self, at: offset)
        case BinaryTag.natural + 2: try integer(type, as: UInt32.self, beyond: UInt16.self, at: offset)
        case BinaryTag.natural + 3: try integer(type, as: UInt64.self, beyond: UInt32.self, at: offset)
        case BinaryTag.natural + 4: try integer(type, as: UInt128.self, beyond: UInt64.self, at: offset)
        case BinaryTag.negative: try integer(type, as: Int8.self, at: offset)
        case BinaryTag.negative + 1: try integer(type, as: Int16.self, beyond: Int8.self, at: offset)
        case BinaryTag.negative + 2: try integer(type, as: Int32.self, beyond: Int16.self, at: offset)
        case BinaryTag.negative + 3: try integer(type, as: Int64.self, beyond: Int32.self, at: offset)
        case BinaryTag.negative + 4: try integer(type, as: Int128.self, beyond: Int64.self, at: offset)
        default: throw .mismatch(type, tag: tag, at: offset)
        }
    }

    private func integer<Value: FixedWidthInteger, Stored: FixedWidthInteger>(
        _ type: Value.Type, as stored: Stored.Type, at offset: Int
    ) throws(BinaryCodingError) -> Value {
        let number = try load(Stored.self, at: offset + 1)
        guard !Stored.isSigned || number < 0 else { throw notShortest(at: offset) }
        guard let value = Value(exactly: number) else { throw tooNarrow(type, at: offset) }
        return value
    }

    private func integer<Value: FixedWidthInteger, Stored: FixedWidthInteger, Half: FixedWidthInteger>(
        _ type: Value.Type, as stored: Stored.Type, beyond half: Half.Type, at offset: Int
    ) throws(BinaryCodingError) -> Value {
        guard Half(exactly: try load(Stored.self, at: offset + 1)) == nil else { throw notShortest(at: offset) }
        return try integer(type, as: stored, at: offset)
    }

    func bool(at offset: Int) throws(BinaryCodingError) -> Bool {
        switch try byte(at: offset) {
        case BinaryTag.no: false
        case BinaryTag.yes: true
        case let tag: throw .mismatch(Bool.self, tag: tag, at: offset)
        }
    }

    func float(at offset: Int) throws(BinaryCodingError) -> Float {
        try check(BinaryTag.float, as: Float.self, at: offset)
        return Float(bitPattern: try load(at: offset + 1))
    }

    func double(at offset: Int) throws(BinaryCodingError) -> Double {
        try check(BinaryTag.double, as: Double.self, at: offset)
        return Double(bitPattern: try load(at: offset + 1))
    }

    func text(at offset: Int) throws(BinaryCodingError) -> String {
        try check(BinaryTag.text, as: String.self, at: offset)
        return try text(in: try block(at: offset + 1, limit: buffer.count))
    }

    func text(in range: Range<Int>) throws(BinaryCodingError) -> String {
        guard let text = String(validating: slice(range), as: UTF8.self) else {
            throw .malformed("holds text that is not UTF-8", at: range.lowerBound)
        }
        return text
    }

    func bytes(at offset: Int) throws(BinaryCodingError) -> [UInt8] {
        try check(BinaryTag.bytes, as: [UInt8].self, at: offset)
        return [UInt8](slice(try block(at: offset + 1, limit: buffer.count)))
    }

    private func check(_ tag: UInt8, as type: Any.Type, at offset: Int) throws(BinaryCodingError) {
        let found = try byte(at: offset)
        guard found == tag else { throw .mismatch(type, tag: found, at: offset) }
    }

    private func notShortest(at offset: Int) -> BinaryCodingError {
        .malformed("holds an integer that is not in its shortest form", at: offset)
    }

    private func tooNarrow(_ type: Any.Type, at offset: Int) -> BinaryCodingError {
        BinaryCodingError(code: .mismatch, "holds an integer that \(type) cannot hold at byte \(offset)")
    }
}
