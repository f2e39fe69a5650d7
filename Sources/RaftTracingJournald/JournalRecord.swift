internal import RaftTracing

/// An event in journald's form: items `NAME=value`, one after the other in one buffer.
struct JournalRecord: Sendable {
    private(set) var bytes: [UInt8] = []
    /// Where each item ends.
    private(set) var ends: [Int] = []

    init(_ event: TraceEvent, identifier: String) {
        bytes.reserveCapacity(512)
        ends.reserveCapacity(event.fields.count + 9)
        append("MESSAGE", event.message)
        if Self.isID(event.kind.messageID) { append("MESSAGE_ID", event.kind.messageID) }
        append("PRIORITY", String(event.level.syslogPriority))
        append("SYSLOG_IDENTIFIER", identifier)
        append("CODE_FILE", event.file)
        append("CODE_LINE", String(event.line))
        append("CODE_FUNC", event.function)
        append("RAFT_EVENT", event.kind.name)
        // The journal stamps the arrival, which is later when records had to wait.
        append("RAFT_TIME", Timestamp(nanoseconds: event.time).description)
        for field in event.fields { append(JournalFieldName.name(for: field.key), field.value.description) }
    }

    private mutating func append(_ name: String, _ value: String) {
        bytes.append(contentsOf: name.utf8)
        bytes.append(UInt8(ascii: "="))
        bytes.append(contentsOf: value.utf8)
        ends.append(bytes.count)
    }

    /// An id of another form would spoil the journal's index of messages.
    private static func isID(_ text: String) -> Bool {
        text.utf8.count == 32 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
