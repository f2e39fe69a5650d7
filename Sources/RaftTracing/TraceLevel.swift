/// How much an event matters. Ordered from `trace`, the least, to `critical`.
public enum TraceLevel: UInt8, Comparable, CaseIterable, Sendable {
    /// Every step of the protocol.
    case trace
    /// What a developer wants to know.
    case debug
    /// What an operator may want to know: elections, connections, snapshots.
    case info
    /// Normal but rare: the node started, the membership changed.
    case notice
    /// Something is not as it should be, and the node copes.
    case warning
    /// Something failed that was asked for.
    case error
    /// The node or its data is at stake.
    case critical

    @inlinable
    public static func < (lhs: TraceLevel, rhs: TraceLevel) -> Bool { lhs.rawValue < rhs.rawValue }

    /// The level's name: `trace`, `debug`, …
    public var name: String {
        switch self {
        case .trace: "trace"
        case .debug: "debug"
        case .info: "info"
        case .notice: "notice"
        case .warning: "warning"
        case .error: "error"
        case .critical: "critical"
        }
    }

    /// Reads a level's name as people write it: any case, and the short forms `warn`, `err` and `crit`.
    /// `nil` for anything else.
    public init?(_ text: some StringProtocol) {
        let text = text.lowercased()
        switch text {
        case "warn": self = .warning
        case "err": self = .error
        case "crit": self = .critical
        default:
            guard let level = Self.allCases.first(where: { $0.name == text }) else { return nil }
            self = level
        }
    }

    /// The level for a syslog `PRIORITY`, 0 (emergency) to 7 (debug). `nil` for any other number.
    public init?(syslogPriority: Int) {
        switch syslogPriority {
        case 0...2: self = .critical
        case 3: self = .error
        case 4: self = .warning
        case 5: self = .notice
        case 6: self = .info
        case 7: self = .debug
        default: return nil
        }
    }

    /// The syslog `PRIORITY` of the level. syslog has nothing below debug, so that `trace` is 7 too.
    public var syslogPriority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}

extension TraceLevel: CustomStringConvertible {
    public var description: String { name }
}
