extension FlightRecording {
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
