/// A term: Raft's logical clock (§5.1). Terms are numbered with consecutive integers from 1; 0 means "before any term".
public struct Term: RawRepresentable, Hashable, Comparable, Sendable {
    public var rawValue: UInt64

    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }
    @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }

    /// Before any term.
    @inlinable public static var zero: Term { Term(0) }
    /// The term after this one.
    @inlinable public var next: Term { Term(rawValue + 1) }

    @inlinable public static func < (lhs: Term, rhs: Term) -> Bool { lhs.rawValue < rhs.rawValue }
}

extension Term: CustomStringConvertible, ExpressibleByIntegerLiteral {
    public var description: String { String(rawValue) }
    @inlinable public init(integerLiteral value: UInt64) { self.init(value) }
}

/// Terms, indices and lengths that arrive from outside at or above this bound are refused (rule V15), so that no sum
/// of two accepted ones overflows.
@inlinable public var wireBound: UInt64 { 1 << 62 }
