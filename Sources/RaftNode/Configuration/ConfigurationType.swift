/// What a key takes. Used to check a value, to say what would be accepted, and to describe the key.
public struct ConfigurationType: Sendable {
    enum Shape: Hashable, Sendable {
        case text, integer, boolean, list
    }

    /// The accepted values in words: `a duration from 1ms to 1h, such as 50ms`.
    public let accepted: String
    let shape: Shape
    /// What is wrong with a text, or with one element of a list; nil when nothing is.
    let complaint: @Sendable (String) -> String?

    private init(_ shape: Shape, _ accepted: String, complaint: @escaping @Sendable (String) -> String?) {
        self.shape = shape
        self.accepted = accepted
        self.complaint = complaint
    }

    /// Any text but an empty one.
    public static let text = ConfigurationType(.text, "text") { $0.isEmpty ? "is empty" : nil }

    /// A name that is safe in paths, records and scripts.
    public static let name = ConfigurationType(
        .text, "a name of 1 to 64 letters, digits, points, hyphens and underscores"
    ) { text in
        let isName = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return isName && (1...64).contains(text.utf8.count) ? nil : "is no such name"
    }

    /// A whole number, in decimal.
    public static func integer(in range: ClosedRange<Int>) -> ConfigurationType {
        let accepted =
            range.upperBound == .max
            ? "a whole number from \(range.lowerBound)"
            : "a whole number from \(range.lowerBound) to \(range.upperBound)"
        return ConfigurationType(.integer, accepted) { text in
            guard let number = Self.integer(text) else { return "is no whole number" }
            return range.contains(number) ? nil : "is out of range"
        }
    }

    /// `true` or `false`.
    public static let boolean = ConfigurationType(.boolean, "true or false") {
        Self.boolean($0) == nil ? "is neither true nor false" : nil
    }

    /// One of these words.
    public static func choice(_ words: [String]) -> ConfigurationType {
        ConfigurationType(.text, words.count == 1 ? words[0] : "one of " + words.joined(separator: ", ")) {
            words.contains($0) ? nil : "is not among them"
        }
    }

    /// A time with its unit.
    /// - Parameter range: in nanoseconds.
    public static func duration(in range: ClosedRange<UInt64>) -> ConfigurationType {
        let bounds = "\(DurationText(range.lowerBound)) to \(DurationText(range.upperBound))"
        return ConfigurationType(.text, "a duration from \(bounds), such as 50ms (units ns, us, ms, s, m, h)") { text in
            guard let duration = DurationText(configString: text) else { return "is no duration" }
            return range.contains(duration.nanoseconds) ? nil : "is out of range"
        }
    }

    /// Two times, the lower one first.
    public static let durationRange = ConfigurationType(
        .text, "a range of durations, such as 150ms..300ms (units ns, us, ms, s, m, h)"
    ) { DurationRangeText(configString: $0) == nil ? "is no range of durations" : nil }

    /// A number of bytes with or without a unit.
    public static func bytes(in range: ClosedRange<Int>) -> ConfigurationType {
        let bounds = "\(ByteCountText(range.lowerBound)) to \(ByteCountText(range.upperBound))"
        return ConfigurationType(.text, "a number of bytes from \(bounds), such as 4MiB (units KiB, MiB, GiB)") {
            text in
            guard let count = ByteCountText(configString: text) else { return "is no number of bytes" }
            return range.contains(count.bytes) ? nil : "is out of range"
        }
    }

    /// A list, of which `element` says what each one must be.
    /// - Parameters:
    ///   - accepted: the accepted values in words.
    ///   - element: what is wrong with an element; nil when nothing is.
    public static func list(
        _ accepted: String, element: @escaping @Sendable (String) -> String?
    ) -> ConfigurationType {
        ConfigurationType(.list, accepted, complaint: element)
    }

    /// Digits, and a minus at most: no other base, no exponent, no plus.
    static func integer(_ text: String) -> Int? {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(text)
    }

    static func boolean(_ text: String) -> Bool? {
        switch text {
        case "true", "True", "TRUE": true
        case "false", "False", "FALSE": false
        default: nil
        }
    }
}
