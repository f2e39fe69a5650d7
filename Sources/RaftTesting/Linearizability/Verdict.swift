/// What ``LinearizabilityChecker`` says about a history.
public enum Verdict: Hashable, Sendable {
    /// Every key's history is linearizable.
    case linearizable
    /// One key's history is not.
    case violation(LinearizabilityViolation)
    /// No violation was found, but the budget ended before a key's history was decided.
    case undecided(Undecided)

    /// Where the budget ended.
    public struct Undecided: Hashable, Sendable {
        /// The first key whose history is undecided.
        public let key: String
        /// The steps that were taken for it.
        public let steps: Int
    }

    /// Whether the history was shown to be linearizable.
    public var isLinearizable: Bool { self == .linearizable }
}

extension Verdict: CustomStringConvertible {
    /// One line, and for a violation the operations that conflict.
    public var description: String {
        switch self {
        case .linearizable: "linearizable"
        case .violation(let violation): "not linearizable: \(violation)"
        case .undecided(let undecided):
            "undecided: key \(HistoryText.quoted(undecided.key)) takes more than \(undecided.steps) steps"
        }
    }
}
