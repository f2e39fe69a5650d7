import ArgumentParser

/// A time as people write it: `5s`.
struct TimeArgument: ExpressibleByArgument, CustomStringConvertible {
    let duration: Duration

    private static let units: [(name: String, nanoseconds: Int64)] = [
        ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ]

    init(_ duration: Duration) { self.duration = duration }

    /// Nil for 0 and for what is no time.
    init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && $0.isNumber }
        guard let count = Int64(digits), count > 0,
            let unit = Self.units.first(where: { $0.name == argument[digits.endIndex...] })
        else { return nil }
        let (nanoseconds, overflow) = count.multipliedReportingOverflow(by: unit.nanoseconds)
        guard !overflow else { return nil }
        duration = .nanoseconds(nanoseconds)
    }

    var description: String {
        let nanoseconds = Int64(duration / .nanoseconds(1))
        let unit = Self.units.last { nanoseconds % $0.nanoseconds == 0 } ?? Self.units[0]
        return "\(nanoseconds / unit.nanoseconds)\(unit.name)"
    }
}
