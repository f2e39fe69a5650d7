/// What a scenario that passed has to say.
public struct ScenarioReport: Hashable, Sendable {
    /// One thing that was waited for.
    public struct Step: Hashable, Sendable {
        public var name: String
        /// How long it took, in nanoseconds of the level's clock.
        public var nanoseconds: UInt64
    }

    public var steps: [Step] = []
    /// Operations of the history by what became of them.
    public var answered = 0
    public var rejected = 0
    public var unknown = 0
    /// Elections that were won.
    public var elections = 0
}

extension ScenarioReport: CustomStringConvertible {
    public var description: String {
        let waits = steps.map { "\($0.name) \($0.nanoseconds / 1_000_000) ms" }.joined(separator: ", ")
        return "\(answered) answered, \(rejected) rejected, \(unknown) unknown, \(elections) elections; \(waits)"
    }
}
