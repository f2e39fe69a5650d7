/// The line format: `EVENT PROCESS OPERATION KEY [VALUE…] [@TIME]`.
enum HistoryLine {
    private enum Word {
        case bare(String)
        case quoted(String)

        var text: String {
            switch self {
            case .bare(let text), .quoted(let text): text
            }
        }

        /// What the word means as a value: `nil` without quotes is no value.
        var value: RegisterValue {
            if case .bare("nil") = self { return RegisterValue(nil) }
            return RegisterValue(text)
        }
    }

    /// The event in a line; `nil` when it is empty or a comment.
    static func event(in line: ArraySlice<UInt8>) throws(HistoryLineError) -> ParsedEvent? {
        let (words, time) = try split(line)
        guard let first = words.first else {
            guard time == nil else {
                throw HistoryLineError("a time alone is no event; write EVENT PROCESS OPERATION KEY")
            }
            return nil
        }
        guard case .bare(let name) = first, isEvent(name) else {
            throw HistoryLineError(
                "\(HistoryText.quoted(first.text)) is no event; the first word is invoke, ok, mismatch, fail or unknown"
            )
        }
        guard words.count >= 4 else {
            throw HistoryLineError("the line ends too early; write \(name) PROCESS OPERATION KEY and its values")
        }
        guard case .bare(let digits) = words[1], let process = Int(digits), process >= 0 else {
            throw HistoryLineError(
                "\(HistoryText.quoted(words[1].text)) is no process; write a number from 0 to \(Int.max)")
        }
        let (kind, call) = try meaning(of: name, operation: words[2].text, values: words[4...].map(\.value))
        return ParsedEvent(kind: kind, process: process, key: words[3].text, call: call, time: time)
    }

    private static func isEvent(_ word: String) -> Bool {
        word == HistoryWord.mismatch || HistoryEvent.Kind(rawValue: word) != nil
    }

    private static func meaning(
        of name: String, operation: String, values: [RegisterValue]
    ) throws(HistoryLineError) -> (ParsedEvent.Kind, ParsedEvent.Call) {
        let answered = name == HistoryEvent.Kind.ok.rawValue
        let isMismatch = name == HistoryWord.mismatch
        let call: ParsedEvent.Call
        var read: RegisterValue?
        switch (operation, values.count) {
        case ("read", 1) where answered:
            call = .read
            read = values[0]
        case ("read", 0) where !answered && !isMismatch: call = .read
        case ("write", 1) where !isMismatch: call = .write(values[0])
        case ("delete", 0) where !isMismatch: call = .write(RegisterValue(nil))
        case ("cas", 2): call = .compareAndSet(values[0], values[1])
        default: throw HistoryLineError(usage(of: name, operation: operation))
        }
        let kind: ParsedEvent.Kind =
            switch name {
            case "invoke": .invoke
            case "ok": .ok(read)
            case "mismatch": .mismatch
            case "fail": .fail
            default: .unknown
            }
        return (kind, call)
    }

    private static func usage(of name: String, operation: String) -> String {
        if name == HistoryWord.mismatch { return "only a cas can end so; write mismatch PROCESS cas KEY EXPECTED NEW" }
        switch operation {
        case "read":
            return name == HistoryEvent.Kind.ok.rawValue
                ? "write ok PROCESS read KEY VALUE, with nil for no value" : "write \(name) PROCESS read KEY"
        case "write": return "write \(name) PROCESS write KEY VALUE"
        case "delete": return "write \(name) PROCESS delete KEY"
        case "cas": return "write \(name) PROCESS cas KEY EXPECTED NEW, with nil for no value"
        default: return "\(HistoryText.quoted(operation)) is no operation; there are read, write, delete and cas"
        }
    }

    // MARK: Words

    private static func split(_ line: ArraySlice<UInt8>) throws(HistoryLineError) -> (words: [Word], time: UInt64?) {
        var words: [Word] = []
        var time: UInt64?
        var rest = line
        while let byte = rest.first {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"):
                rest.removeFirst()
                continue
            case UInt8(ascii: "#"):
                return (words, time)
            default:
                break
            }
            guard time == nil else { throw HistoryLineError("nothing but a comment may follow the time") }
            switch byte {
            case UInt8(ascii: "\""):
                words.append(.quoted(String(historyBytes: try takeQuoted(&rest))))
            case UInt8(ascii: "@"):
                rest.removeFirst()
                let digits = takeBare(&rest)
                guard let number = UInt64(digits) else {
                    throw HistoryLineError("@\(digits) is no time; write @ and a number from 0 to \(UInt64.max)")
                }
                time = number
            default:
                let word = takeBare(&rest)
                guard !word.isEmpty else {
                    let digits = String(byte, radix: 16)
                    throw HistoryLineError(
                        "the byte 0x\(digits) stands outside of quotes; write \"\\x\(digits.count < 2 ? "0" : "")\(digits)\""
                    )
                }
                words.append(.bare(word))
            }
            if let next = rest.first, next != UInt8(ascii: " "), next != UInt8(ascii: "\t") {
                throw HistoryLineError(
                    "words are separated by spaces; put quotes around the whole of a word with #, @, \\, quotes or bytes "
                        + "outside of printable ASCII")
            }
        }
        return (words, time)
    }

    private static func takeBare(_ rest: inout ArraySlice<UInt8>) -> String {
        let word = rest.prefix(while: HistoryText.isBare)
        rest = rest.dropFirst(word.count)
        return String(decoding: word, as: UTF8.self)
    }

    private static func takeQuoted(_ rest: inout ArraySlice<UInt8>) throws(HistoryLineError) -> [UInt8] {
        rest.removeFirst()
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return bytes
            case UInt8(ascii: "\\"): bytes.append(try takeEscape(&rest))
            default: bytes.append(byte)
            }
        }
        throw HistoryLineError("a quote is opened and not closed; end the word with \"")
    }

    private static func takeEscape(_ rest: inout ArraySlice<UInt8>) throws(HistoryLineError) -> UInt8 {
        switch rest.popFirst() {
        case UInt8(ascii: "n"): return UInt8(ascii: "\n")
        case UInt8(ascii: "t"): return UInt8(ascii: "\t")
        case UInt8(ascii: "r"): return UInt8(ascii: "\r")
        case UInt8(ascii: "\""): return UInt8(ascii: "\"")
        case UInt8(ascii: "\\"): return UInt8(ascii: "\\")
        case UInt8(ascii: "x"):
            if let high = rest.popFirst().flatMap(HistoryText.digit),
                let low = rest.popFirst().flatMap(HistoryText.digit)
            {
                return high << 4 | low
            }
            throw HistoryLineError("\\x is followed by two hexadecimal digits")
        default:
            throw HistoryLineError(
                "a backslash in quotes is followed by n, t, r, x and two digits, \" or another backslash")
        }
    }
}
