/// Why `raftd recover` or `raftd restore` changed nothing: one line that says what would be right.
public struct RecoveryRefused: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        /// What was asked for is incomplete or contradicts what is there.
        case usage
        /// It is possible, and nobody has said that it is meant.
        case refused
    }

    public var kind: Kind
    public var description: String

    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

/// What an operator accepts who has read what may be lost.
public enum RecoveryRisk: String, Hashable, Sendable, CaseIterable {
    /// The data is not what the node left, by its mark (rule M10).
    case amnesia
    /// Another survivor has more of the log.
    case older
    /// Entries of the log are damaged: they and all behind them are lost.
    case damage
}
