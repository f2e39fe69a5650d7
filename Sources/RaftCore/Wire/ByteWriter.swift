package import RaftTracing

/// Builds little-endian byte strings for the wire and the disk.
public struct ByteWriter: Sendable {
    @usableFromInline var storage: [UInt8]
    /// What was written.
    @inlinable public var bytes: [UInt8] { storage }

    @inlinable public init(capacity: Int = 0) {
        storage = []
        storage.reserveCapacity(capacity)
    }

    @inlinable public init(appendingTo bytes: consuming [UInt8]) { storage = bytes }

    @inlinable public var count: Int { storage.count }

    @inlinable public mutating func write<Value: FixedWidthInteger>(_ value: Value) {
        withUnsafeBytes(of: value.littleEndian) { storage.append(contentsOf: $0) }
    }

    @inlinable public mutating func write(_ raw: UnsafeRawBufferPointer) { storage.append(contentsOf: raw) }

    @inlinable public mutating func write(_ raw: [UInt8]) { storage.append(contentsOf: raw) }

    /// 25 bytes.
    package mutating func write(_ trace: TraceContext) {
        write(trace.traceHigh)
        write(trace.traceLow)
        write(trace.span)
        write(UInt8(trace.isSampled ? 1 : 0))
    }

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
        storage.append(contentsOf: text.utf8)
    }

    /// Overwrites what was written before at `offset`.
    @inlinable public mutating func replace<Value: FixedWidthInteger>(at offset: Int, with value: Value) {
        withUnsafeBytes(of: value.littleEndian) { raw in
            for (position, byte) in raw.enumerated() { storage[offset + position] = byte }
        }
    }
}
