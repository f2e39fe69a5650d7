internal import RaftCore

/// What the encodings of commands, outputs, queries and answers have in common: a version byte, a kind byte, the parts.
enum KeyValueFormat {
    static var version: UInt8 { 1 }

    static func writer(kind: UInt8, capacity: Int = 0) -> ByteWriter {
        var writer = ByteWriter(capacity: 2 + capacity)
        writer.write(version)
        writer.write(kind)
        return writer
    }

    /// Reads the version and the kind, then lets `body` read the rest, to the last byte.
    static func read<Result>(
        _ bytes: UnsafeRawBufferPointer, _ body: (_ kind: UInt8, inout ByteReader) throws -> Result
    ) throws(KeyValueCodingError) -> Result {
        do {
            var reader = ByteReader(bytes)
            let version: UInt8 = try reader.read()
            guard version == Self.version else { throw KeyValueCodingError.unknownVersion(version) }
            let kind: UInt8 = try reader.read()
            let result = try body(kind, &reader)
            try reader.finish()
            return result
        } catch let error as KeyValueCodingError {
            throw error
        } catch {
            throw .malformed("\(error)")
        }
    }

    static func check(key: [UInt8]) throws(KeyValueCodingError) {
        guard !key.isEmpty else { throw .emptyKey }
        try check(prefix: key)
    }

    static func check(prefix: [UInt8]) throws(KeyValueCodingError) {
        guard prefix.count <= KeyValueLimits.keyBytes else { throw .keyTooLong(prefix.count) }
    }

    static func check(value: [UInt8]) throws(KeyValueCodingError) {
        guard value.count <= KeyValueLimits.valueBytes else { throw .valueTooLong(value.count) }
    }
}

extension ByteWriter {
    /// A key or a prefix of keys: 2 bytes length, the bytes.
    mutating func writeKey(_ key: [UInt8]) {
        write(UInt16(truncatingIfNeeded: key.count))
        write(key)
    }

    /// 0, or 1 and the value.
    mutating func writeOptionalValue(_ value: [UInt8]?) {
        write(value == nil ? 0 as UInt8 : 1)
        if let value { writeBlock(value) }
    }

    mutating func writeBool(_ value: Bool) { write(value ? 1 as UInt8 : 0) }
}

extension ByteReader {
    mutating func readPrefix() throws -> [UInt8] {
        let count = Int(try read(UInt16.self))
        guard count <= KeyValueLimits.keyBytes else { throw KeyValueCodingError.keyTooLong(count) }
        return [UInt8](try readRaw(count))
    }

    mutating func readKey() throws -> [UInt8] {
        let key = try readPrefix()
        guard !key.isEmpty else { throw KeyValueCodingError.emptyKey }
        return key
    }

    mutating func readValue() throws -> [UInt8] { try readBlock(limit: KeyValueLimits.valueBytes) }

    /// 4 bytes count, for each entry its key and its value.
    mutating func readEntries() throws -> [KeyValueEntry] {
        let count = Int(try read(UInt32.self))
        // The shortest entry is 7 bytes: no memory is set aside for more than can be there.
        guard count <= remaining / 7 else { throw WireError.tooLong(offset - 4) }
        var entries: [KeyValueEntry] = []
        entries.reserveCapacity(count)
        for _ in 0..<count { entries.append(KeyValueEntry(key: try readKey(), value: try readValue())) }
        return entries
    }

    mutating func readOptionalValue() throws -> [UInt8]? { try readBool() ? try readValue() : nil }
}
