/// Field names that journald takes: it silently drops a field whose name has a lower-case letter, begins with `_` or
/// a digit, or is longer than 64 bytes.
enum JournalFieldName {
    static let longest = 64

    /// `raft.term` becomes `RAFT_TERM`. A name outside `raft.` gets the prefix too, so that no field can pass for one
    /// of the journal's own (`MESSAGE`, `PRIORITY`, …); only the names of distributed tracing stand as they are.
    static func name(for key: String) -> String {
        switch key {
        case "trace.id": return "TRACE_ID"
        case "span.id": return "SPAN_ID"
        default: break
        }
        var name = key.hasPrefix("raft.") ? [] : Array("RAFT_".utf8)
        for byte in key.utf8.prefix(longest) {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): name.append(byte - 0x20)
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): name.append(byte)
            default: name.append(UInt8(ascii: "_"))
            }
        }
        return String(decoding: name.prefix(longest), as: UTF8.self)
    }
}
