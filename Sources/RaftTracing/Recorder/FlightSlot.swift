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

    /// So many bytes as a slot has. Every write below it looks first whether there is room: nothing else checks bounds.
    private let memory: UnsafeMutableRawPointer
    private var end = bodyOffset
    private var isCut = false

    /// - Parameter memory: Of `size` bytes, which stay the caller's.
    init(_ memory: UnsafeMutableRawPointer) { self.memory = memory }

    mutating func begin(_ time: UInt64, _ level: TraceLevel) {
        memory.storeBytes(of: 0, as: UInt64.self)
        memory.storeBytes(of: time.littleEndian, toByteOffset: 8, as: UInt64.self)
        memory.storeBytes(of: UInt32(level.rawValue).littleEndian, toByteOffset: 16, as: UInt32.self)
    }

    mutating func end(_ number: UInt64) {
        if end < Self.size { store(0, at: end) }
        if isCut { store(1, at: 18) }
        memory.storeBytes(of: number.littleEndian, as: UInt64.self)
    }

    /// Of names so many bytes at most, so that there is room for what follows them.
    static let longestName = 64

    /// Its first bytes, as many as there is room for.
    @inline(__always)
    mutating func append(_ text: String, atMost limit: Int = 255) {
        let room = min(Self.size - end - 1, limit)
        guard room >= 0 else {
            isCut = true
            return
        }
        let place = memory + end
        let length =
            text.utf8.withContiguousStorageIfAvailable { Self.put($0, place, room) }
            // Strings that are not contiguous exist on other systems only.
            ?? Array(text.utf8).withUnsafeBufferPointer { Self.put($0, place, room) }
        let count = min(length, room)
        if count < length { isCut = true }
        end += 1 + count
    }

    /// Writes a length and so many bytes, at most `room` of them.
    /// - Returns: How many there were.
    @inline(__always)
    private static func put(_ bytes: UnsafeBufferPointer<UInt8>, _ place: UnsafeMutableRawPointer, _ room: Int) -> Int {
        let count = min(bytes.count, room)
        place.storeBytes(of: UInt8(truncatingIfNeeded: count), as: UInt8.self)
        guard count > 0, let base = bytes.baseAddress else { return bytes.count }
        copy(UnsafeRawPointer(base), place + 1, count)
        return bytes.count
    }

    /// Most texts are short, and a call of `memcpy` costs more than they do: two pieces that overlap.
    @inline(__always)
    private static func copy(_ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _ count: Int) {
        @inline(__always)
        func ends<Piece: BitwiseCopyable>(_ piece: Piece.Type) {
            let last = count - MemoryLayout<Piece>.size
            let (first, second) = (source.loadUnaligned(as: piece), (source + last).loadUnaligned(as: piece))
            target.storeBytes(of: first, as: piece)
            (target + last).storeBytes(of: second, as: piece)
        }
        switch count {
        case 8...16: ends(UInt64.self)
        case 4...7: ends(UInt32.self)
        case 2...3: ends(UInt16.self)
        case 1: target.storeBytes(of: source.load(as: UInt8.self), as: UInt8.self)
        default: target.copyMemory(from: source, byteCount: count)
        }
    }

    /// Those of the context that the event does not have itself, then its own.
    @inline(__always)
    mutating func append(_ context: [TraceField], _ fields: Span<TraceField>, _ keys: borrowing KeyBlocks) {
        var count: UInt8 = 0
        for field in context where !fields.indices.contains(where: { fields[$0].key == field.key }) {
            append(field.key, field.value, &count)
        }
        for position in fields.indices {
            // A known key, as most are, takes neither a loop nor a count of references.
            let place = fields[position].place
            let room = Self.size - MemoryLayout<KeyBlocks.Block>.size - 9
            guard place != 0, end <= room else {
                append(fields[position].key, fields[position].value, &count)
                continue
            }
            let block = keys[place]
            memory.storeBytes(of: block, toByteOffset: end, as: KeyBlocks.Block.self)
            end &+= 1 &+ Int(block[0])
            if let (type, bits) = fields[position].value.number {
                append(type, bits)
            } else {
                append(fields[position].value)
            }
            count &+= 1
        }
        store(count, at: 17)
    }

    private mutating func append(_ key: String, _ value: TraceValue, _ count: inout UInt8) {
        // A key, a type and a number must fit; a text may be cut.
        let length = key.utf8.count
        guard end + 1 + length + 1 + 8 <= Self.size, length < 64, count < 255 else {
            isCut = true
            return
        }
        append(key)
        append(value)
        count += 1
    }

    /// There is room for a type and a number.
    @inline(__always)
    private mutating func append(_ value: TraceValue) {
        switch value {
        case .int(let value): append(TraceValue.intType, UInt64(bitPattern: value))
        case .uint(let value): append(TraceValue.uintType, value)
        case .string(let value):
            store(2, at: end)
            end &+= 1
            append(value)
        case .bool(let value):
            store(3, at: end)
            store(value ? 1 : 0, at: end &+ 1)
            end &+= 2
        }
    }

    @inline(__always)
    private mutating func append(_ type: UInt8, _ value: UInt64) {
        store(type, at: end)
        memory.storeBytes(of: value.littleEndian, toByteOffset: end &+ 1, as: UInt64.self)
        end &+= 9
    }

    @inline(__always)
    private func store(_ byte: UInt8, at offset: Int) {
        memory.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
    }
}

extension TraceValue {
    fileprivate static var intType: UInt8 { 0 }
    fileprivate static var uintType: UInt8 { 1 }

    /// Its type in a slot and its eight bytes; nil of what has others.
    @inline(__always)
    fileprivate var number: (type: UInt8, bits: UInt64)? {
        switch self {
        case .int(let value): (Self.intType, UInt64(bitPattern: value))
        case .uint(let value): (Self.uintType, value)
        case .string, .bool: nil
        }
    }
}
