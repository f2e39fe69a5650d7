/// Reads a slot, which may hold anything.
struct FlightSlotReader {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    mutating func event() -> FlightRecording.Event? {
        guard let number = integer(8), number > 0, let time = integer(8), let level = integer(1),
            let level = TraceLevel(rawValue: UInt8(level)), let count = integer(1), let cut = integer(1),
            integer(1) == 0,
            let kind = text(), let module = text()
        else { return nil }
        var fields: [TraceField] = []
        for _ in 0..<count {
            guard let key = text(), let type = integer(1) else { return nil }
            let value: TraceValue
            switch type {
            case 0:
                guard let bits = integer(8) else { return nil }
                value = .int(Int64(bitPattern: bits))
            case 1:
                guard let number = integer(8) else { return nil }
                value = .uint(number)
            case 2:
                guard let text = text() else { return nil }
                value = .string(text)
            case 3:
                guard let flag = integer(1) else { return nil }
                value = .bool(flag != 0)
            default: return nil
            }
            fields.append(TraceField(key, value))
        }
        return FlightRecording.Event(
            number: number, time: time, level: level, kind: kind, module: module, fields: fields,
            message: text() ?? "", isCut: cut != 0)
    }

    private mutating func integer(_ count: Int) -> UInt64? {
        guard position + count <= bytes.endIndex else { return nil }
        defer { position += count }
        return (0..<count).reduce(0) { $0 | UInt64(bytes[position + $1]) << (8 * UInt64($1)) }
    }

    private mutating func text() -> String? {
        guard let length = integer(1), position + Int(length) <= bytes.endIndex else { return nil }
        defer { position += Int(length) }
        return String(decoding: bytes[position..<position + Int(length)], as: UTF8.self)
    }
}
