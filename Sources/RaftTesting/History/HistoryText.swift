/// How keys and values are written in history files, and how any bytes become a string.
enum HistoryText {
    /// Starts a string that stands for bytes which are not UTF-8: this scalar, then two hexadecimal digits a byte.
    static let rawMark: Unicode.Scalar = "\u{10FFFF}"

    static let digits = Array("0123456789abcdef".utf8)

    /// The value of a hexadecimal digit.
    static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Whether a byte may stand in a token that is not quoted.
    static func isBare(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "#"), UInt8(ascii: "@"), UInt8(ascii: "\\"): false
        case 0x21...0x7E: true
        default: false
        }
    }

    /// A key as it stands in a line: bare where it can be, quoted otherwise.
    static func token(_ text: String) -> String {
        let bytes = text.historyBytes
        guard !bytes.isEmpty, bytes.allSatisfy(isBare), text != "nil" else { return quoted(text) }
        return text
    }

    /// A value as it stands in a line; `nil` is the word without quotes.
    static func token(_ text: String?) -> String {
        guard let text else { return "nil" }
        return token(text)
    }

    /// A value between quotes, in printable ASCII alone.
    static func quoted(_ text: String?) -> String {
        guard let text else { return "nil" }
        var line: [UInt8] = [UInt8(ascii: "\"")]
        for byte in text.historyBytes {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): line += [UInt8(ascii: "\\"), byte]
            case 0x20...0x7E: line.append(byte)
            case UInt8(ascii: "\n"): line += Array("\\n".utf8)
            case UInt8(ascii: "\t"): line += Array("\\t".utf8)
            case UInt8(ascii: "\r"): line += Array("\\r".utf8)
            default: line += [UInt8(ascii: "\\"), UInt8(ascii: "x"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        line.append(UInt8(ascii: "\""))
        return String(decoding: line, as: UTF8.self)
    }
}

extension String {
    /// A string that stands for any bytes: different bytes give different strings, and ``historyBytes`` gives them back.
    ///
    /// UTF-8 is taken as it is. Other bytes become U+10FFFF, which no text uses, and their hexadecimal digits.
    public init(historyBytes bytes: some Collection<UInt8>) {
        if let text = String(validating: bytes, as: UTF8.self), text.unicodeScalars.first != HistoryText.rawMark {
            self = text
            return
        }
        var digits: [UInt8] = []
        digits.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            digits.append(HistoryText.digits[Int(byte >> 4)])
            digits.append(HistoryText.digits[Int(byte & 15)])
        }
        self = String(HistoryText.rawMark) + String(decoding: digits, as: UTF8.self)
    }

    /// The bytes that this string stands for in a history: those given to ``init(historyBytes:)``.
    public var historyBytes: [UInt8] {
        guard unicodeScalars.first == HistoryText.rawMark else { return Array(utf8) }
        let digits = Array(unicodeScalars.dropFirst())
        guard digits.count % 2 == 0 else { return Array(utf8) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = UInt8(exactly: digits[index].value).flatMap(HistoryText.digit),
                let low = UInt8(exactly: digits[index + 1].value).flatMap(HistoryText.digit)
            else { return Array(utf8) }
            bytes.append(high << 4 | low)
        }
        return bytes
    }
}
