import Configuration

/// A number of bytes as people write it: `4MiB`, `4194304`.
struct ByteCountText: ExpressibleByConfigString, Hashable, Sendable {
    let bytes: Int

    init(_ bytes: Int) { self.bytes = bytes }

    private static let units: [(name: String, bytes: Int)] = [
        ("", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
    ]

    init?(configString text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let count = Int(digits), let unit = Self.units.first(where: { $0.name == text[digits.endIndex...] })
        else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: unit.bytes)
        guard !overflow else { return nil }
        bytes = product
    }

    /// In the largest unit that needs no fraction.
    var description: String {
        guard bytes > 0 else { return "0" }
        let unit = Self.units.last { bytes % $0.bytes == 0 } ?? Self.units[0]
        return "\(bytes / unit.bytes)\(unit.name)"
    }
}
