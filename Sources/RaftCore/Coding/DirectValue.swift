/// A type that is written and read without an `Encoder`.
protocol DirectValue {
    func append(to bytes: inout [UInt8]) throws(BinaryCodingError)
    static func read(from source: BinarySource, at offset: Int) throws(BinaryCodingError) -> Self
}

extension FixedWidthInteger {
    @inline(__always)
    func append(to bytes: inout [UInt8]) {
        if Self.bitWidth > 64, Int64(exactly: self) == nil, UInt64(exactly: self) == nil {
            appendWide(to: &bytes)
        } else if self >= 0 {
            Self.append(UInt64(truncatingIfNeeded: self), to: &bytes)
        } else {
            Self.append(negative: Int64(truncatingIfNeeded: self), to: &bytes)
        }
    }

    static func read(from source: BinarySource, at offset: Int) throws(BinaryCodingError) -> Self {
        try source.integer(Self.self, at: offset)
    }

    private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        let kind = BinaryTag.natural
        if value <= UInt8.max {
            bytes.append(kind)
            bytes.append(UInt8(truncatingIfNeeded: value))
        } else if value <= UInt16.max {
            bytes.append(tag: kind + 1, UInt16(truncatingIfNeeded: value))
        } else if value <= UInt32.max {
            bytes.append(tag: kind + 2, UInt32(truncatingIfNeeded: value))
        } else {
            bytes.append(tag: kind + 3, value)
        }
    }

    private static func append(negative value: Int64, to bytes: inout [UInt8]) {
        let kind = BinaryTag.negative
        if value >= Int8.min {
            bytes.append(tag: kind, Int8(truncatingIfNeeded: value))
        } else if value >= Int16.min {
            bytes.append(tag: kind + 1, Int16(truncatingIfNeeded: value))
        } else if value >= Int32.min {
            bytes.append(tag: kind + 2, Int32(truncatingIfNeeded: value))
        } else {
            bytes.append(tag: kind + 3, value)
        }
    }

    private func appendWide(to bytes: inout [UInt8]) {
        if self >= 0 {
            bytes.append(tag: BinaryTag.natural + 4, UInt128(truncatingIfNeeded: self))
        } else {
            bytes.append(tag: BinaryTag.negative + 4, Int128(truncatingIfNeeded: self))
        }
    }
}

extension Int: DirectValue {}
extension Int8: DirectValue {}
extension Int16: DirectValue {}
extension Int32: DirectValue {}
extension Int64: DirectValue {}
extension Int128: DirectValue {}
extension UInt: DirectValue {}
extension UInt8: DirectValue {}
extension UInt16: DirectValue {}
extension UInt32: DirectValue {}
extension UInt64: DirectValue {}
extension UInt128: DirectValue {}

extension Bool: DirectValue {
    func append(to bytes: inout [UInt8]) { bytes.append(self ? BinaryTag.yes : BinaryTag.no) }

    static func read(from source: BinarySource, at offset: Int) throws(BinaryCodingError) -> Bool {
        try source.bool(at: offset)
    }
}

extension Float: DirectValue {
    func append(to bytes: inout [UInt8]) { bytes.append(tag: BinaryTag.float, bitPattern) }

    static func read(from source: BinarySource, at offset: Int) throws(BinaryCodingError) -> Float {
        try source.float(at: offset)
    }
}

extension Double: DirectValue {
    func append(to bytes: inout [UInt8]) { bytes.append(tag: BinaryTag.double, bitPattern) }

    static func read(from source: BinarySource, at offset: Int) throws(BinaryCodingError) -> Double {
        try source.double(at: offset)
    }
}

extension String: DirectValue {
    func append(to bytes: inout [UInt8]) throws(BinaryCodingError) {
        bytes.append(BinaryTag.text)
        try bytes.append(lengthAndTextOf: self)
    }

    static func read(from source: BinarySource, at offset: Int) throws(BinaryCodingError) -> String {
        try source.text(at: offset)
    }
}

extension Array: DirectValue where Element == UInt8 {
    func append(to bytes: inout [UInt8]) throws(BinaryCodingError) {
        bytes.append(BinaryTag.bytes)
        try bytes.append(length: count)
        bytes.append(contentsOf: self)
    }

    static func read(from source: BinarySource, at offset: Int) throws(BinaryCodingError) -> [UInt8] {
        try source.bytes(at: offset)
    }
}

extension [UInt8] {
    @inline(__always)
    fileprivate mutating func append<Value: FixedWidthInteger>(tag: UInt8, _ value: Value) {
        append(tag)
        Swift.withUnsafeBytes(of: value.littleEndian) { raw in append(contentsOf: raw) }
    }

    /// One byte up to 254, else `FF` and four bytes.
    mutating func append(length: Int) throws(BinaryCodingError) {
        if length < 0xFF {
            append(UInt8(truncatingIfNeeded: length))
        } else {
            guard let length = UInt32(exactly: length) else { throw .tooLarge }
            append(tag: 0xFF, length)
        }
    }

    mutating func append(lengthAndTextOf text: String) throws(BinaryCodingError) {
        try append(length: text.utf8.count)
        append(contentsOf: text.utf8)
    }
}
