package import RaftTracing

/// Reads little-endian bytes from outside: every count and length is checked before it is used (rules V15, N2).
/// Lives no longer than the buffer it was given, so it stays inside the closure that lends the buffer.
public struct ByteReader {
    public let buffer: UnsafeRawBufferPointer
    /// How far it has read.
    @inlinable public var offset: Int { position }
    @usableFromInline var position = 0

    @inlinable public init(_ buffer: UnsafeRawBufferPointer) { self.buffer = buffer }

    @inlinable public var remaining: Int { buffer.count - offset }

    @inlinable
    public mutating func read<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) throws(WireError) -> Value {
        let size = MemoryLayout<Value>.size
        guard remaining >= size else { throw .truncated(offset) }
        let value = buffer.loadUnaligned(fromByteOffset: offset, as: Value.self)
        position += size
        return Value(littleEndian: value)
    }

    /// A number that takes part in sums later: refused at or above 2⁶² (V15).
    public mutating func readBounded() throws(WireError) -> UInt64 {
        let value: UInt64 = try read()
        guard value < 1 << 62 else { throw .outOfBounds(offset - 8) }
        return value
    }

    /// 0 or 1.
    public mutating func readBool() throws(WireError) -> Bool {
        switch try read(UInt8.self) {
        case 0: return false
        case 1: return true
        default: throw .outOfBounds(offset - 1)
        }
    }

    /// Two flags in one byte, bit 0 and bit 1.
    package mutating func readFlags() throws(WireError) -> (Bool, Bool) {
        let flags: UInt8 = try read()
        guard flags < 4 else { throw .outOfBounds(offset - 1) }
        return (flags & 1 == 1, flags & 2 == 2)
    }

    /// What `ByteWriter.write(_:)` wrote of a trace context. Flags that this release does not know are passed over.
    package mutating func readTrace() throws(WireError) -> TraceContext {
        let (high, low, span): (UInt64, UInt64, UInt64) = (try read(), try read(), try read())
        let flags: UInt8 = try read()
        let trace = TraceContext(traceHigh: high, traceLow: low, span: span, isSampled: flags & 1 == 1)
        guard let trace else { throw .outOfBounds(offset - 25) }
        return trace
    }

    /// The next `count` bytes, not copied.
    @inlinable
    public mutating func readRaw(_ count: Int) throws(WireError) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= remaining else { throw .truncated(offset) }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: buffer[position..<position + count])
    }

    /// What `ByteWriter.writeBlock` wrote, at most `limit` bytes.
    public mutating func readBlock(limit: Int) throws(WireError) -> [UInt8] {
        let count = Int(try read(UInt32.self))
        guard count <= limit else { throw .tooLong(offset - 4) }
        return [UInt8](try readRaw(count))
    }

    /// What `ByteWriter.writeString` wrote.
    public mutating func readString() throws(WireError) -> String {
        let count = Int(try read(UInt16.self))
        guard let text = String(validating: try readRaw(count), as: UTF8.self) else { throw .notUTF8(offset) }
        return text
    }

    /// - Throws: when bytes are left over: a message is exactly as long as it says.
    public func finish() throws(WireError) {
        guard remaining == 0 else { throw .trailing(offset) }
    }
}

/// Why bytes from outside were refused.
public struct WireError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public static func truncated(_ offset: Int) -> WireError { WireError(description: "ends early at byte \(offset)") }
    public static func trailing(_ offset: Int) -> WireError { WireError(description: "goes on after byte \(offset)") }
    public static func outOfBounds(_ offset: Int) -> WireError {
        WireError(description: "holds an impossible number at byte \(offset)")
    }
    public static func tooLong(_ offset: Int) -> WireError {
        WireError(description: "holds a length over the limit at byte \(offset)")
    }
    public static func notUTF8(_ offset: Int) -> WireError {
        WireError(description: "holds text that is not UTF-8 before byte \(offset)")
    }
    public static func unknownKind(_ kind: UInt8) -> WireError {
        WireError(description: "is of the unknown kind \(kind)")
    }
    public static func badEntry(_ why: EntryError) -> WireError { WireError(description: "holds a bad entry: \(why)") }
}
