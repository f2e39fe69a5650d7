/// Writes an event as one line: pure, so that what a terminal or a log shipper sees is tested without either.
///
/// Whatever a message or a value holds, the result is one line without control characters (a peer cannot forge a
/// record or drive a terminal), and with its end at most ``limit`` bytes.
struct TraceLine {
    /// The most that a pipe takes in one piece (`PIPE_BUF`), so that lines of several processes on one pipe never mix.
    static let limit = 4096

    private(set) var bytes: [UInt8] = []

    /// Whether it says where in the code the event is from.
    private let isPlaced: Bool

    init(_ event: TraceEvent, _ format: TraceFormat, isPlaced: Bool = true) {
        self.isPlaced = isPlaced
        bytes.reserveCapacity(512)
        switch format {
        case .text:
            appendText(event)
            cut()
        case .json:
            appendJSON(event, longest: .max)
            if bytes.count >= Self.limit {
                // A cut object is none. Long strings are shortened; should that not do, the fields go.
                bytes.removeAll(keepingCapacity: true)
                appendJSON(event, longest: 256)
            }
            if bytes.count >= Self.limit {
                var bare = event
                bare.fields = []
                bytes.removeAll(keepingCapacity: true)
                appendJSON(bare, longest: 256)
            }
        }
        bytes.append(UInt8(ascii: "\n"))
    }

    // MARK: Text

    private mutating func appendText(_ event: TraceEvent) {
        append(Timestamp(nanoseconds: event.time).description)
        append(" ")
        append(event.level.name.uppercased())
        append(" ")
        // Of a recording: whatever its bytes say.
        appendEscaped(event.kind.name, .text)
        // Recorded without one, because the sink did not get it.
        if isPlaced || !event.message.isEmpty {
            append(" ")
            appendEscaped(event.message, .text)
        }
        for field in event.fields {
            append(" ")
            appendEscaped(field.key.hasPrefix("raft.") ? String(field.key.dropFirst(5)) : field.key, .text)
            append("=")
            guard case .string(let value) = field.value else {
                append(field.value.description)
                continue
            }
            let isPlain = !value.isEmpty && !value.utf8.contains { $0 == 0x20 || $0 == 0x22 || $0 == 0x3D }
            if !isPlain { append("\"") }
            appendEscaped(value, isPlain ? .text : .quoted)
            if !isPlain { append("\"") }
        }
    }

    /// Shortens a line that is too long, at the beginning of a character.
    private mutating func cut() {
        let mark = "…"
        guard bytes.count >= Self.limit else { return }
        var end = Self.limit - 1 - mark.utf8.count
        while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        bytes.removeSubrange(end...)
        append(mark)
    }

    // MARK: JSON

    private mutating func appendJSON(_ event: TraceEvent, longest: Int) {
        append("{\"time\":\"")
        append(Timestamp(nanoseconds: event.time).description)
        append("\",\"level\":\"")
        append(event.level.name)
        append("\"")
        appendMember("event", .string(event.kind.name), longest: longest)
        appendMember("message", .string(event.message), longest: longest)
        for field in event.fields { appendMember(field.key, field.value, longest: longest) }
        guard isPlaced else { return append("}") }
        appendMember("file", .string(event.file), longest: longest)
        appendMember("line", .uint(UInt64(event.line)), longest: longest)
        appendMember("function", .string(event.function), longest: longest)
        append("}")
    }

    private mutating func appendMember(_ key: String, _ value: TraceValue, longest: Int) {
        append(",\"")
        appendEscaped(Self.shortened(key, to: longest), .json)
        append("\":")
        guard case .string(let text) = value else {
            append(value.description)
            return
        }
        append("\"")
        appendEscaped(Self.shortened(text, to: longest), .json)
        append("\"")
    }

    private static func shortened(_ text: String, to longest: Int) -> String {
        guard text.utf8.count > longest else { return text }
        return String(decoding: text.utf8.prefix(longest), as: UTF8.self) + "…"
    }

    // MARK: Characters

    private mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func appendEscaped(_ text: String, _ place: EscapedText.Place) {
        EscapedText.append(text, place, to: &bytes)
    }
}
