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
            var reader = FlightSlotReader(slot)
            if let event = reader.event() { events.append(event) } else { unreadable += 1 }
        }
        self.events = events.sorted { $0.number < $1.number }
        self.unreadable = unreadable + (offset < bytes.count ? 1 : 0)
    }
}
