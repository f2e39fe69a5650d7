/// A line of the log that Jepsen keeps of a test on one register: after `jepsen.util - `, separated by tabs, the process,
/// the type of the event, the operation and its value.
///
/// A `:fail` of a compare-and-set with its values is the answer that another value was found, as these tests mean it; a
/// read that failed or timed out observed nothing. Lines of other kinds in the log are passed over.
enum JepsenLine {
    private static let marker = Array("jepsen.util - ".utf8)
    private static let types: Set<String> = [":invoke", ":ok", ":fail", ":info"]

    /// Whether a line holds an event of a client.
    static func isEvent(_ line: ArraySlice<UInt8>) -> Bool {
        fields(of: line) != nil
    }

    private static func fields(of line: ArraySlice<UInt8>) -> [String]? {
        guard line.starts(with: Array("INFO".utf8)) || line.starts(with: marker),
            let start = line.indices.first(where: { line[$0...].starts(with: marker) })
        else { return nil }
        let fields = line[(start + marker.count)...].split(
            separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false
        )
        .map { String(historyBytes: $0) }
        guard fields.count >= 2, types.contains(fields[1]), fields[0] != ":nemesis" else { return nil }
        return fields
    }

    /// The event in a line; `nil` when the line holds none.
    static func event(in line: ArraySlice<UInt8>) throws(HistoryLineError) -> ParsedEvent? {
        guard let fields = fields(of: line) else { return nil }
        guard let process = Int(fields[0]), process >= 0 else {
            throw HistoryLineError("\(HistoryText.quoted(fields[0])) is no process; a number is expected")
        }
        guard fields.count == 4 else {
            throw HistoryLineError("an event has 4 fields separated by tabs, this one \(fields.count)")
        }
        let (type, operation, text) = (fields[1], fields[2], fields[3])
        let isTimeOut = text == ":timed-out"
        guard [":read", ":write", ":cas"].contains(operation) else {
            throw HistoryLineError("\(HistoryText.quoted(operation)) is no operation; there are :read, :write and :cas")
        }
        var event = ParsedEvent(kind: .unknown, process: process, key: HistoryReader.soleKey, call: nil, time: nil)
        switch (type, operation) {
        case (":invoke", _):
            event.kind = .invoke
            event.call = try call(operation, text)
        case (":ok", ":read"):
            event.kind = .ok(try value(text))
            event.call = .read
        case (":ok", _):
            event.kind = .ok(nil)
            event.call = try call(operation, text)
        case (":fail", ":cas") where !isTimeOut:
            event.kind = .mismatch
            event.call = try call(operation, text)
        case (":fail", ":read"):
            event.kind = .fail
        case (":fail", _) where !isTimeOut:
            event.kind = .fail
        default:
            break  // Timed out, or ":info": nobody knows.
        }
        return event
    }

    private static func call(_ operation: String, _ text: String) throws(HistoryLineError) -> ParsedEvent.Call {
        switch operation {
        case ":read": return .read
        case ":write": return .write(try value(text))
        default:
            let parts = text.split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].first == "[", parts[1].last == "]" else {
                throw HistoryLineError("\(HistoryText.quoted(text)) is no pair; write [EXPECTED NEW]")
            }
            return .compareAndSet(try value(String(parts[0].dropFirst())), try value(String(parts[1].dropLast())))
        }
    }

    private static func value(_ text: String) throws(HistoryLineError) -> RegisterValue {
        if text == "nil" { return RegisterValue(nil) }
        guard Int(text) != nil else {
            throw HistoryLineError("\(HistoryText.quoted(text)) is no value; a number or nil is expected")
        }
        return RegisterValue(text)
    }
}
