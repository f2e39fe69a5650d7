/// Why a scenario failed.
public struct ScenarioFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public struct Kind: Hashable, Sendable {
        let name: String
        /// What was waited for did not come within the level's time.
        public static let overdue = Kind(name: "overdue")
        /// A write that was acknowledged is gone, or one that was rejected is there (rules C4, W1).
        public static let lostWrite = Kind(name: "lostWrite")
        /// No order of the operations explains what clients were told (§8).
        public static let notLinearizable = Kind(name: "notLinearizable")
        /// The checker's budget ended before it knew.
        public static let undecided = Kind(name: "undecided")
        /// Two nodes led one term (§5.2).
        public static let twoLeaders = Kind(name: "twoLeaders")
        /// Leadership moved, and no fault and no call explains it: of levels that keep time.
        public static let needlessElection = Kind(name: "needlessElection")
        /// Two nodes that applied the same commands differ (§5.4.3).
        public static let diverged = Kind(name: "diverged")
        /// A property of the paper or a rule of this implementation did not hold: of levels that see all servers and disks.
        public static let property = Kind(name: "property")
        /// The level could not do what the scenario asked.
        public static let level = Kind(name: "level")
    }

    public var kind: Kind
    /// What happened, and where in the scenario; with the seed once the scenario has ended.
    public var message: String
    public var description: String { "\(kind.name): \(message)" }

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}
