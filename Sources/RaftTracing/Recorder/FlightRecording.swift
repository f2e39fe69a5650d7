/// What a ``FlightRecorder`` has recorded: a file that it left, or a dump of a running node.
///
/// A header of 128 bytes, then slots in any order (see `FlightSlot`).
public struct FlightRecording: Sendable {
    /// One event as it was recorded.
    public struct Event: Sendable {
        /// 1 for the first that the recorder ever took.
        public var number: UInt64
        /// Nanoseconds since 1970.
        public var time: UInt64
        public var level: TraceLevel
        /// The name of its kind.
        public var kind: String
        public var module: String
        public var fields: [TraceField]
        /// Empty where it was not made, because the level of the sink was higher.
        public var message: String
        /// Something did not fit.
        public var isCut: Bool

        /// Its value of that key, such as `raft.term`.
        public subscript(key: String) -> TraceValue? { fields.first { $0.key == key }?.value }
    }

    /// Bytes before the first slot.
    public static let headerSize = Header.size

    /// The name of the node's cluster.
    public let cluster: String
    /// The node's id.
    public let node: UInt64
    /// The process that recorded.
    public let process: UInt32
    /// When it began, in nanoseconds since 1970.
    public let started: UInt64
    /// Oldest first.
    public let events: [Event]
    /// Slots that are not what a recorder writes, or were being written when the process ended.
    public let unreadable: Int

    /// - Throws: `FlightRecordingError` when the bytes do not begin as a recording does.
    public init(_ bytes: [UInt8]) throws(FlightRecordingError) {
        let header = try Header(bytes)
        cluster = header.cluster
        node = header.node
        process = header.process
        started = header.started
        var events: [Event] = []
        var unreadable = 0
        var offset = Header.size
        while offset + FlightSlot.size <= bytes.count {
            let slot = bytes[offset..<offset + FlightSlot.size]
            offset += FlightSlot.size
            // Nothing was written there yet.
            if slot.allSatisfy({ $0 == 0 }) { continue }
            var reader = SlotReader(slot)
            if let event = reader.event() { events.append(event) } else { unreadable += 1 }
        }
        self.events = events.sorted { $0.number < $1.number }
        self.unreadable = unreadable + (offset < bytes.count ? 1 : 0)
    }

    /// Of what node the recording is.
    struct Header {
        static let size = 128
        static let magic = Array("RAFTFLT1".utf8)

        var slots: UInt32
        var node: UInt64
        var cluster: String
        var process: UInt32
        var started: UInt64

        init(slots: UInt32, node: UInt64, cluster: String, process: UInt32, started: UInt64) {
            self.slots = slots
            self.node = node
            self.cluster = cluster
            self.process = process
            self.started = started
        }

        /// Magic (8), size of a slot (4), slots (4), node (8), start (8), process (4), length of the cluster's name (4), the name.
        var bytes: [UInt8] {
            let name = cluster.utf8.prefix(Self.size - 40)
            var bytes = Self.magic
            func append(_ value: UInt64, _ count: Int) {
                for byte in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(byte)))) }
            }
            append(UInt64(FlightSlot.size), 4)
            append(UInt64(slots), 4)
            append(node, 8)
            append(started, 8)
            append(UInt64(process), 4)
            append(UInt64(name.count), 4)
            bytes.append(contentsOf: name)
            bytes.append(contentsOf: [UInt8](repeating: 0, count: Self.size - bytes.count))
            return bytes
        }

        init(_ bytes: [UInt8]) throws(FlightRecordingError) {
            guard bytes.count >= Self.size, bytes.starts(with: Self.magic) else {
                throw FlightRecordingError(description: "this is no recording of a flight recorder")
            }
            func value(_ offset: Int, _ count: Int) -> UInt64 {
                (0..<count).reduce(0) { $0 | UInt64(bytes[offset + $1]) << (8 * UInt64($1)) }
            }
            guard value(8, 4) == FlightSlot.size else {
                throw FlightRecordingError(
                    description: "its slots have \(value(8, 4)) bytes, and this release reads \(FlightSlot.size)")
            }
            slots = UInt32(value(12, 4))
            node = value(16, 8)
            started = value(24, 8)
            process = UInt32(value(32, 4))
            let length = min(Int(value(36, 4)), Self.size - 40)
            cluster = String(decoding: bytes[40..<40 + length], as: UTF8.self)
        }
    }
}

/// Why bytes are no recording. One line.
public struct FlightRecordingError: Error, CustomStringConvertible, Sendable {
    public let description: String
}

/// Reads a slot, which may hold anything.
private struct SlotReader {
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
