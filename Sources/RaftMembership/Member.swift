/// The number by which an operator names a server. Never 0.
public struct NodeID: RawRepresentable, Hashable, Comparable, Sendable {
    public var rawValue: UInt64

    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }
    @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }
    @inlinable public static func < (lhs: NodeID, rhs: NodeID) -> Bool { lhs.rawValue < rhs.rawValue }
}

extension NodeID: CustomStringConvertible, ExpressibleByIntegerLiteral {
    public var description: String { String(rawValue) }
    @inlinable public init(integerLiteral value: UInt64) { self.init(value) }
}

/// Which life of a server's disk is meant. A server draws one when it starts on an empty data directory and keeps it
/// as long as the data lives; a later one is higher (rules M7, M10). 0 means "not known yet".
public struct Incarnation: RawRepresentable, Hashable, Comparable, Sendable {
    public var rawValue: UInt64

    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }
    @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }
    @inlinable public static var unknown: Incarnation { Incarnation(0) }
    @inlinable public static func < (lhs: Incarnation, rhs: Incarnation) -> Bool { lhs.rawValue < rhs.rawValue }
}

extension Incarnation: CustomStringConvertible, ExpressibleByIntegerLiteral {
    public var description: String { String(rawValue, radix: 16) }
    @inlinable public init(integerLiteral value: UInt64) { self.init(value) }
}

/// A server in one life of its disk. Votes, leader, progress and both halves of a configuration are keyed by members,
/// never by the id alone: a server that lost its disk is another member.
public struct Member: Hashable, Comparable, Sendable {
    public var id: NodeID
    public var incarnation: Incarnation

    @inlinable public init(id: NodeID, incarnation: Incarnation) {
        self.id = id
        self.incarnation = incarnation
    }

    @inlinable public static func < (lhs: Member, rhs: Member) -> Bool {
        lhs.id != rhs.id ? lhs.id < rhs.id : lhs.incarnation < rhs.incarnation
    }
}

extension Member: CustomStringConvertible {
    /// `id/incarnation`.
    public var description: String { "\(id)/\(incarnation)" }
}

/// The identity of a cluster, drawn at random when it is formed (rule M9): 128 bits, never all zero.
public struct ClusterID: Hashable, Comparable, Sendable {
    public var high: UInt64
    public var low: UInt64

    @inlinable public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    @inlinable public static func < (lhs: ClusterID, rhs: ClusterID) -> Bool {
        lhs.high != rhs.high ? lhs.high < rhs.high : lhs.low < rhs.low
    }
}

extension ClusterID: CustomStringConvertible {
    /// 32 hexadecimal digits.
    public var description: String {
        func hex(_ value: UInt64) -> String {
            let digits = String(value, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        return hex(high) + hex(low)
    }

    /// Reads what `description` writes; nil for anything else.
    public init?(_ text: String) {
        guard text.utf8.count == 32, text.allSatisfy(\.isHexDigit),
            let high = UInt64(text.prefix(16), radix: 16), let low = UInt64(text.suffix(16), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
    }
}
