/// Builds little-endian byte strings for the wire and the disk.
public struct ByteWriter: Sendable {
    public private(set) var bytes: [UInt8]

    @inlinable public init(capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    @inlinable public init(appendingTo bytes: consuming [UInt8]) { self.bytes = bytes }

    @inlinable public var count: Int { bytes.count }

    @inlinable public mutating func write<Value: FixedWidthInteger>(_ value: Value) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    @inlinable public mutating func write(_ raw: UnsafeRawBufferPointer) { bytes.append(contentsOf: raw) }

    @inlinable public mutating func write(_ raw: [UInt8]) { bytes.append(contentsOf: raw) }

    /// A length in 32 bits, then the bytes. Programmer error above 4 GiB.
    public mutating func writeBlock(_ raw: [UInt8]) {
        write(UInt32(raw.count))
        write(raw)
    }

    /// A length in 16 bits, then UTF-8, cut at 65,535 bytes on a character boundary.
    public mutating func writeString(_ text: String) {
        var text = text[...]
        while text.utf8.count > Int(UInt16.max) { text.removeLast() }
        write(UInt16(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    /// Overwrites what was written before at `offset`.
    @inlinable public mutating func replace<Value: FixedWidthInteger>(at offset: Int, with value: Value) {
        withUnsafeBytes(of: value.littleEndian) { raw in
            for (position, byte) in raw.enumerated() { bytes[offset + position] = byte }
        }
    }
}
