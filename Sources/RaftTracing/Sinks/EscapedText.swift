/// Text from outside within a line: whatever it holds, the line stays one line without control characters.
package enum EscapedText {
    /// Where it stands: by itself, between quotes, or in a string of JSON.
    package enum Place {
        case text, quoted, json
    }

    package static func append(_ text: String, _ place: Place, to bytes: inout [UInt8]) {
        // Nearly all text is plain and goes the short way.
        let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }
        if isPlain { return bytes.append(contentsOf: text.utf8) }
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": bytes.append(contentsOf: "\\\\".utf8)
            case "\n": bytes.append(contentsOf: "\\n".utf8)
            case "\r": bytes.append(contentsOf: "\\r".utf8)
            case "\t": bytes.append(contentsOf: "\\t".utf8)
            case "\"" where place != .text: bytes.append(contentsOf: "\\\"".utf8)
            case _ where isUnsafe(scalar): bytes.append(contentsOf: code(of: scalar, place).utf8)
            default: bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
    }

    private static func code(of scalar: Unicode.Scalar, _ place: Place) -> String {
        let digits = String(scalar.value, radix: 16)
        guard place == .json else { return "\\u{\(digits)}" }
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }

    /// Control characters of both sets, line and paragraph separators, and what reorders the text around it. All of
    /// them are below U+10000, so that JSON writes each with four digits.
    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
