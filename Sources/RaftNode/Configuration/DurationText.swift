import Configuration

/// A time as people write it: `50ms`.
struct DurationText: ExpressibleByConfigString, Hashable, Sendable {
    let nanoseconds: UInt64

    init(_ nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    private static let units: [(name: String, nanoseconds: UInt64)] = [
        ("ns", 1), ("us", 1_000), ("µs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
    ]

    init?(configString text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let count = UInt64(digits),
            let unit = Self.units.first(where: { $0.name == text[digits.endIndex...] })
        else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: unit.nanoseconds)
        guard !overflow else { return nil }
        nanoseconds = product
    }

    /// In the largest unit that needs no fraction.
    var description: String {
        guard nanoseconds > 0 else { return "0s" }
        let unit = Self.units.last { nanoseconds % $0.nanoseconds == 0 && $0.name != "µs" } ?? Self.units[0]
        return "\(nanoseconds / unit.nanoseconds)\(unit.name)"
    }
}

/// Two times as people write them: `150ms..300ms`.
struct DurationRangeText: ExpressibleByConfigString, Hashable, Sendable {
    let nanoseconds: ClosedRange<UInt64>

    init(_ nanoseconds: ClosedRange<UInt64>) { self.nanoseconds = nanoseconds }

    init?(configString text: String) {
        guard let first = text.firstIndex(of: "."), text[first...].hasPrefix(".."),
            let lower = DurationText(configString: String(text[..<first])),
            let upper = DurationText(configString: String(text[first...].dropFirst(2))),
            lower.nanoseconds <= upper.nanoseconds
        else { return nil }
        nanoseconds = lower.nanoseconds...upper.nanoseconds
    }

    var description: String {
        "\(DurationText(nanoseconds.lowerBound))..\(DurationText(nanoseconds.upperBound))"
    }
}
