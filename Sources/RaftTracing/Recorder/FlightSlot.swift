/// One event in the ring, as it is in memory and in the file:
///
/// | offset | bytes | |
/// |---|---|---|
/// | 0 | 8 | number of the event, 1 for the first; 0 while it is being written, or never was |
/// | 8 | 8 | time, nanoseconds since 1970 |
/// | 16 | 1 | level |
/// | 17 | 1 | number of fields |
/// | 18 | 1 | 1 when something did not fit |
/// | 19 | 1 | 0 |
/// | 20 | … | name of the kind, name of the module: each a length of one byte and so many bytes of UTF-8 |
/// | | … | fields: key (length, bytes), type (0 signed, 1 unsigned, 2 text, 3 yes or no), and 8 bytes, a text, or 1 byte |
/// | | … | message (length, bytes); not there when the slot ends or the length is 0 |
///
/// Little-endian, as all formats here.
struct FlightSlot {
    static let size = 256
    private static let bodyOffset = 20

    private let memory: UnsafeMutableRawBufferPointer
    private var end = bodyOffset
    private var isCut = false

    init(_ memory: UnsafeMutableRawBufferPointer) { self.memory = memory }

    mutating func begin(_ time: UInt64, _ level: TraceLevel) {
        memory.storeBytes(of: 0, as: UInt64.self)
        memory.storeBytes(of: time.littleEndian, toByteOffset: 8, as: UInt64.self)
        memory.storeBytes(of: UInt32(level.rawValue).littleEndian, toByteOffset: 16, as: UInt32.self)
    }

    mutating func end(_ number: UInt64) {
        if end < Self.size { memory[end] = 0 }
        if isCut { memory[18] = 1 }
        memory.storeBytes(of: number.littleEndian, as: UInt64.self)
    }

    /// Of names so many bytes at most, so that there is room for what follows them.
    static let longestName = 64

    /// Its first bytes, as many as there is room for.
    mutating func append(_ text: String, atMost limit: Int = 255) {
        var text = text
        text.withUTF8 { bytes in
            let room = min(Self.size - end - 1, limit)
            guard room >= 0 else {
                isCut = true
                return
            }
            let count = min(bytes.count, room)
            if count < bytes.count { isCut = true }
            memory[end] = UInt8(count)
            if count > 0 {
                UnsafeMutableRawBufferPointer(rebasing: memory[(end + 1)...]).copyMemory(
                    from: UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes.prefix(count))))
            }
            end += 1 + count
        }
    }

    /// Those of the context that the event does not have itself, then its own.
    mutating func append(_ context: [TraceField], _ fields: [TraceField]) {
        var count: UInt8 = 0
        for field in context where !fields.contains(where: { $0.key == field.key }) { append(field, &count) }
        for field in fields { append(field, &count) }
        memory[17] = count
    }

    private mutating func append(_ field: TraceField, _ count: inout UInt8) {
        // A key, a type and a number must fit; a text may be cut.
        guard end + 1 + field.key.utf8.count + 1 + 8 <= Self.size, field.key.utf8.count < 64, count < 255 else {
            isCut = true
            return
        }
        append(field.key)
        switch field.value {
        case .int(let value): append(0, UInt64(bitPattern: value))
        case .uint(let value): append(1, value)
        case .string(let value):
            memory[end] = 2
            end += 1
            append(value)
        case .bool(let value):
            memory[end] = 3
            memory[end + 1] = value ? 1 : 0
            end += 2
        }
        count += 1
    }

    private mutating func append(_ type: UInt8, _ value: UInt64) {
        memory[end] = type
        memory.storeBytes(of: value.littleEndian, toByteOffset: end + 1, as: UInt64.self)
        end += 9
    }
}
