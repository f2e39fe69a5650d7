import Configuration

/// A value as a source gives it and as swift-configuration hands it on.
public enum ConfigurationValue: Hashable, Sendable {
    case text(String)
    case integer(Int)
    case boolean(Bool)
    case list([String])

    var content: ConfigContent {
        switch self {
        case .text(let text): .string(text)
        case .integer(let number): .int(number)
        case .boolean(let flag): .bool(flag)
        case .list(let elements): .stringArray(elements)
        }
    }

    /// Of a list; empty for anything else.
    var elements: [String] {
        if case .list(let elements) = self { elements } else { [] }
    }
}

extension ConfigurationValue: CustomStringConvertible {
    /// The value in YAML, so that what `raftd check` prints can be read back.
    public var description: String {
        switch self {
        case .text(let text): Self.plain(text) ?? Self.quoted(text)
        case .integer(let number): String(number)
        case .boolean(let flag): flag ? "true" : "false"
        case .list(let elements): "[" + elements.map(Self.quoted).joined(separator: ", ") + "]"
        }
    }

    /// The text itself where YAML reads it as text without quotes; nil otherwise.
    private static func plain(_ text: String) -> String? {
        let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"]
        guard let first = text.utf8.first, !words.contains(text.lowercased()) else { return nil }
        // In front they mean something else.
        guard first != UInt8(ascii: "-"), first != UInt8(ascii: ".") else { return nil }
        let isSafe = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return isSafe ? text : nil
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case _ where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value):
                let digits = String(scalar.value, radix: 16)
                result += "\\x" + String(repeating: "0", count: 2 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
