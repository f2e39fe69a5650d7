/// The value of a ``TraceField``. Sinks that know types (JSON) keep them.
public enum TraceValue: Hashable, Sendable {
    case int(Int64)
    case uint(UInt64)
    case string(String)
    case bool(Bool)
}

extension TraceValue: CustomStringConvertible {
    /// The value as text, unquoted and unescaped.
    public var description: String {
        switch self {
        case .int(let value): String(value)
        case .uint(let value): String(value)
        case .string(let value): value
        case .bool(let value): value ? "true" : "false"
        }
    }
}

extension TraceValue: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, ExpressibleByBooleanLiteral {
    @inlinable public init(integerLiteral value: Int64) { self = .int(value) }
    @inlinable public init(stringLiteral value: String) { self = .string(value) }
    @inlinable public init(booleanLiteral value: Bool) { self = .bool(value) }
}
