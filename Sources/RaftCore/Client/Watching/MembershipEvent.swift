public import RaftMembership

/// Something that became of a cluster's configuration, as one node learned of it (§6).
public struct MembershipEvent: Hashable, Sendable {
    /// What happened.
    public struct Kind: Hashable, Sendable, CustomStringConvertible {
        public let description: String

        /// The first event of each stream: the last configuration that the node knew to be committed. Those above it follow
        /// as `appended`.
        public static let present = Kind(description: "present")
        /// A configuration was appended to the node's log, and is in effect there from now on (rule M2).
        public static let appended = Kind(description: "appended")
        /// Configurations that were not committed gave way to another leader's log: this one is in effect again (rule M2).
        public static let undone = Kind(description: "undone")
        /// A configuration is committed. What it changed for each member follows.
        public static let committed = Kind(description: "committed")
        /// A server belongs to the cluster, in this life of its disk (its incarnation).
        public static let joined = Kind(description: "joined")
        /// A server does not belong any more: it was removed, or its next life took its place.
        public static let left = Kind(description: "left")
        /// A learner votes.
        public static let promoted = Kind(description: "promoted")
        /// A voter is a learner.
        public static let demoted = Kind(description: "demoted")
        /// Peers reach a member elsewhere.
        public static let readdressed = Kind(description: "readdressed")
        /// This very node was removed, and stops (rule M6). `configuration` names the entry that did it, with the members as
        /// this node last knew them, for it may never receive that entry.
        public static let removed = Kind(description: "removed")
    }

    public var kind: Kind
    /// The configuration concerned, and where it stands in the log.
    public var configuration: LoggedMembership
    /// Whom it concerns: of `joined`, `left`, `promoted`, `demoted`, `readdressed` and `removed`; else nil.
    public var member: Member?
    /// So many events before this one were dropped, because their reader was too slow. The configuration that counts is in a
    /// later event in any case.
    public internal(set) var missed = 0

    init(_ kind: Kind, _ configuration: LoggedMembership, _ member: Member? = nil) {
        self.kind = kind
        self.configuration = configuration
        self.member = member
    }
}
