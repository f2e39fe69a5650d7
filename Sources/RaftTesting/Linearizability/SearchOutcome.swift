/// What a search for a linearization came to.
public enum SearchOutcome: Hashable, Sendable {
    /// There is an order of the operations that explains every answer.
    case linearizable
    /// There is none: every order was tried.
    case notLinearizable
    /// The budget ended first, after this many steps.
    case undecided(steps: Int)
}
