/// Encoded bytes from outside and how to find one's way in them. Nothing is read before it is checked to be there.
struct BinarySource {
    let buffer: UnsafeRawBufferPointer

    @inline(__always)
    func byte(at offset: Int) throws(BinaryCodingError) -> UInt8 {
        guard offset < buffer.count else { throw .truncated(at: offset) }
        return buffer[offset]
    }

    @inline(__always)
    func load<Value: FixedWidthInteger>(
        _ type: Value.Type = Value.self, at offset: Int
    ) throws(BinaryCodingError) -> Value {
        guard MemoryLayout<Value>.size <= buffer.count - offset else { throw .truncated(at: offset) }
        return Value(littleEndian: buffer.loadUnaligned(fromByteOffset: offset, as: Value.self))
    }

    /// Where the bytes lie whose length stands at `offset`.
    func block(at offset: Int, limit: Int) throws(BinaryCodingError) -> Range<Int> {
        guard offset < limit else { throw .truncated(at: offset) }
        let short = Int(try byte(at: offset))
        var start = offset + 1
        var count = short
        if short == 0xFF {
            count = Int(try load(UInt32.self, at: start))
            guard count >= 0xFF else { throw .malformed("holds a length that is not in its shortest form", at: offset) }
            start += 4
        }
        guard start <= limit, count <= limit - start else { throw .truncated(at: offset) }
        return start..<start + count
    }

    /// Where the value at `offset` ends, which must not be after `limit`. What is inside it is not looked at.
    func end(ofValueAt offset: Int, limit: Int) throws(BinaryCodingError) -> Int {
        let limit = min(limit, buffer.count)
        var offset = offset
        while offset < limit, buffer[offset] == BinaryTag.some { offset += 1 }
        guard offset < limit else { throw .truncated(at: offset) }
        let tag = buffer[offset]
        let size: Int
        switch tag {
        case BinaryTag.nothing, BinaryTag.no, BinaryTag.yes: size = 0
        case BinaryTag.float: size = 4
        case BinaryTag.double: size = 8
        case BinaryTag.text, BinaryTag.bytes: return try block(at: offset + 1, limit: limit).upperBound
        case BinaryTag.sequence, BinaryTag.fields: size = 4 + Int(try load(UInt32.self, at: offset + 1))
        case BinaryTag.natural...BinaryTag.natural + 4, BinaryTag.negative...BinaryTag.negative + 4:
            size = 1 << Int(tag & 7)
        default: throw .malformed("holds the unknown tag \(tag)", at: offset)
        }
        guard size < limit - offset else { throw .truncated(at: offset) }
        return offset + 1 + size
    }

    /// Where the contents of the sequence or the fields at `offset` lie.
    func contents(of tag: UInt8, at offset: Int) throws(BinaryCodingError) -> Range<Int> {
        let found = try byte(at: offset)
        guard found == tag else { throw .mismatch(BinaryTag.name(of: tag), tag: found, at: offset) }
        let count = Int(try load(UInt32.self, at: offset + 1))
        let start = offset + BinaryTag.containerHeader
        guard count <= buffer.count - start else { throw .truncated(at: offset) }
        return start..<start + count
    }

    /// Compares bytes as unsigned numbers; a prefix comes before what continues it.
    func precedes(_ lhs: Range<Int>, _ rhs: Range<Int>) -> Bool {
        Self.order(slice(lhs), slice(rhs)) < 0
    }

    /// The bytes in `range`; none when they are not there.
    func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        guard range.lowerBound >= 0, range.upperBound <= buffer.count else {
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        return UnsafeRawBufferPointer(rebasing: buffer[range])
    }

    /// Below, at or above zero as `lhs` comes before, is equal to or comes after `rhs`.
    static func order(_ lhs: UnsafeRawBufferPointer, _ rhs: UnsafeRawBufferPointer) -> Int {
        for index in 0..<min(lhs.count, rhs.count) where lhs[index] != rhs[index] {
            return Int(lhs[index]) - Int(rhs[index])
        }
        return lhs.count - rhs.count
    }
}

extension BinarySource {
    /// A field: where it starts, where its name lies, where its value starts and ends.
    struct Field {
        let start: Int
        let name: Range<Int>
        let value: Int
        let end: Int

        var whole: Range<Int> { start..<end }
    }

    /// The fields in `range`, as they stand there.
    func fields(in range: Range<Int>) throws(BinaryCodingError) -> [Field] {
        var fields: [Field] = []
        var offset = range.lowerBound
        while offset < range.upperBound {
            let name = try block(at: offset, limit: range.upperBound)
            let end = try end(ofValueAt: name.upperBound, limit: range.upperBound)
            fields.append(Field(start: offset, name: name, value: name.upperBound, end: end))
            offset = end
        }
        return fields
    }

    /// The fields in `range`, which must have names in ascending order and in UTF-8.
    func sortedFields(in range: Range<Int>) throws(BinaryCodingError) -> [Field] {
        let fields = try fields(in: range)
        for (index, field) in fields.enumerated() {
            guard index == 0 || precedes(fields[index - 1].name, field.name) else {
                throw .malformed("holds a field out of order", at: field.start)
            }
            if slice(field.name).contains(where: { $0 >= 0x80 }) { _ = try text(in: field.name) }
        }
        return fields
    }
}
