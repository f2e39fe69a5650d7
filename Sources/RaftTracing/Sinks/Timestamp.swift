/// A time of day as `2026-11-23T20:15:00.123456Z`, in UTC.
package struct Timestamp: CustomStringConvertible {
    /// Since 1970-01-01T00:00:00Z.
    let nanoseconds: UInt64

    package init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    package var description: String {
        let seconds = nanoseconds / 1_000_000_000
        let (year, month, day) = Self.date(ofDay: Int(seconds / 86_400))
        let second = Int(seconds % 86_400)
        return "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))"
            + "T\(Self.padded(second / 3600, 2)):\(Self.padded(second / 60 % 60, 2)):\(Self.padded(second % 60, 2))"
            + ".\(Self.padded(Int(nanoseconds / 1000 % 1_000_000), 6))Z"
    }

    /// The Gregorian date of a day counted from 1970-01-01, by eras of 400 years that begin in March, so that the leap
    /// day is the last of its year (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    private static func date(ofDay day: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = day + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let dayOfMonth = dayOfYear - (153 * month + 2) / 5 + 1
        let isAfterNewYear = month >= 10
        return (yearOfEra + era * 400 + (isAfterNewYear ? 1 : 0), isAfterNewYear ? month - 9 : month + 3, dayOfMonth)
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
