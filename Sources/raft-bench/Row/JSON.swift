/// As much of JSON as a row needs, with its fields in the order given.
enum JSON: Sendable {
    case null
    case integer(Int)
    /// With so many digits behind the point.
    case number(Double, Int)
    case text(String)
    case object([(String, JSON)])

    static func microseconds(_ nanoseconds: UInt64) -> JSON { .number(Double(nanoseconds) / 1000, 1) }

    var text: String {
        switch self {
        case .null: "null"
        case .integer(let value): String(value)
        case .number(let value, let digits): Self.decimal(value, digits)
        case .text(let value): Self.quoted(value)
        case .object(let fields):
            "{" + fields.map { "\(Self.quoted($0.0)):\($0.1.text)" }.joined(separator: ",") + "}"
        }
    }

    private static func decimal(_ value: Double, _ digits: Int) -> String {
        guard value.isFinite, value.magnitude < 1e15 else { return "null" }
        let scale = (0..<digits).reduce(1) { scale, _ in scale * 10 }
        let scaled = Int((value.magnitude * Double(scale)).rounded())
        let fraction = String(scaled % scale)
        let point = digits == 0 ? "" : "." + String(repeating: "0", count: digits - fraction.count) + fraction
        return (value < 0 && scaled > 0 ? "-" : "") + String(scaled / scale) + point
    }

    private static func quoted(_ value: String) -> String {
        var result = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
