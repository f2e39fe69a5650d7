/// What an exploration found.
package struct ModelReport: Sendable {
    package var root: String
    /// States made, the same one as often as it was reached.
    package var states = 0
    package var distinct = 0
    /// Events on the longest path.
    package var depth = 0
    package var limit = Limit.depth
    /// In how many distinct states each landmark was seen, in the order of `ModelLandmark.allCases`.
    package var landmarks = [Int](repeating: 0, count: ModelLandmark.allCases.count)
    /// States of single servers, and messages, that these were made of.
    package var serverStates = 0
    package var messages = 0
    /// Comparisons made to test the checker itself.
    package var audits = 0
    package var counterexample: ModelCounterexample?

    package enum Limit: String, Sendable {
        /// No event is left within the budgets: every state was seen.
        case exhausted
        /// Paths end at the depth asked for.
        case depth
        /// There are more states than may be kept.
        case states
        case violation
    }

    package init(root: String) { self.root = root }

    package func count(of landmark: ModelLandmark) -> Int { landmarks[landmark.rawValue] }

    /// How likely it is that some state was taken for another one with the same 64-bit fingerprint, at most.
    package var collisionProbability: Double {
        Double(distinct) * Double(distinct) / 36_893_488_147_419_103_232
    }
}

/// The shortest way to a state in which a property does not hold.
package struct ModelCounterexample: Sendable, CustomStringConvertible {
    package var root: String
    /// Each event, and the server that it happened to as it was afterwards.
    package var events: [String]
    package var violation: ModelViolation

    package var description: String {
        var text = "from \(root):\n"
        for (number, event) in events.enumerated() { text += "  \(number + 1). \(event)\n" }
        return text + "violated: \(violation.property): \(violation.what)"
    }
}
