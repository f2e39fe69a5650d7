/// The position of an entry in the log (§5.3). The first entry has index 1; 0 stands before it.
public struct LogIndex: RawRepresentable, Hashable, Comparable, Sendable {
    public var rawValue: UInt64

    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }
    @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }

    /// Before the first entry.
    @inlinable public static var zero: LogIndex { LogIndex(0) }
    /// The index after this one.
    @inlinable public var next: LogIndex { LogIndex(rawValue + 1) }
    /// The index before this one; zero stays zero.
    @inlinable public var previous: LogIndex { LogIndex(rawValue == 0 ? 0 : rawValue - 1) }

    @inlinable public static func < (lhs: LogIndex, rhs: LogIndex) -> Bool { lhs.rawValue < rhs.rawValue }
    @inlinable public static func + (lhs: LogIndex, rhs: Int) -> LogIndex {
        LogIndex(UInt64(Int64(lhs.rawValue) + Int64(rhs)))
    }
    /// How many entries lie after `rhs` up to and including `lhs`.
    @inlinable public static func - (lhs: LogIndex, rhs: LogIndex) -> Int {
        Int(Int64(lhs.rawValue) - Int64(rhs.rawValue))
    }
}

extension LogIndex: CustomStringConvertible, ExpressibleByIntegerLiteral {
    public var description: String { String(rawValue) }
    @inlinable public init(integerLiteral value: UInt64) { self.init(value) }
}

/// The identity of a log entry: two logs that hold the same (index, term) hold the same entry (§5.3, Log Matching).
/// Ordered as logs are compared for votes: by term first, then by index (§5.4.1, rule V4).
public struct LogID: Hashable, Comparable, Sendable {
    public var term: Term
    public var index: LogIndex

    @inlinable public init(term: Term, index: LogIndex) {
        self.term = term
        self.index = index
    }

    /// The position before the first entry.
    @inlinable public static var zero: LogID { LogID(term: .zero, index: .zero) }

    @inlinable public static func < (lhs: LogID, rhs: LogID) -> Bool {
        lhs.term != rhs.term ? lhs.term < rhs.term : lhs.index < rhs.index
    }
}

extension LogID: CustomStringConvertible {
    /// `index@term`.
    public var description: String { "\(index)@\(term)" }
}
