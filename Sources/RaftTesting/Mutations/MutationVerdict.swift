/// What noticed a rule that was broken on purpose.
package struct MutationVerdict: Sendable {
    package struct BySimulator: Sendable {
        package var property: String
        /// The seed, which is also how many were run until then.
        package var seed: UInt64
        /// The same seed with the rule kept failed too: it says nothing of the rule.
        package var isBlind: Bool
    }

    package struct ByModel: Sendable {
        package var property: String
        package var root: String
        /// States made until then, and events on the way.
        package var states: Int
        package var depth: Int
        /// As far, with the rule kept, something was violated too.
        package var isBlind: Bool
    }

    /// Nil when the simulator noticed nothing, or was not asked.
    package var simulator: BySimulator?
    package var model: ByModel?
    /// The suite whose tests bear the rule's id and fail under its switch.
    package var suite: String?

    /// Whether something noticed it that may count for the rule, and nothing that was asked missed it.
    package var isCaught: Bool { simulator != nil || model != nil || suite != nil }
}
