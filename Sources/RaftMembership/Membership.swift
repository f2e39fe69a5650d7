/// The configuration of a cluster (§6): who belongs to it, who votes, and what is remembered of former members.
///
/// A value without behaviour of its own: it is written into the log as a configuration entry, takes effect when it is
/// appended and is undone when that entry is truncated (rule M2). Members are sorted by id; their position is the
/// *slot* by which the engine and `Quorum` refer to them.
public struct Membership: Hashable, Sendable {
    /// What is known of one member.
    public struct Record: Hashable, Sendable {
        public var member: Member
        /// Where peers reach it, best first: `unix:/path`, `unix:@name`, `tcp:host:port`, `memory:name`.
        public var addresses: [String]
        /// Keeps no entries, only votes (rules X).
        public var isWitness: Bool
        /// A learner that becomes a voter by itself once it has caught up (D§4.2.1).
        public var promoteWhenCaughtUp: Bool
        /// A voter of C-old that goes on as a learner when the joint configuration is left; other voters of C-old leave.
        public var staysAsLearner: Bool

        public init(
            member: Member, addresses: [String], isWitness: Bool = false, promoteWhenCaughtUp: Bool = false,
            staysAsLearner: Bool = false
        ) {
            self.member = member
            self.addresses = addresses
            self.isWitness = isWitness
            self.promoteWhenCaughtUp = promoteWhenCaughtUp
            self.staysAsLearner = staysAsLearner
        }
    }

    /// Every member, sorted by id, ids unique.
    public internal(set) var members: [Record]
    /// Ids of the voters; in a joint configuration, of the new half (C-new). Sorted, each one a member.
    public internal(set) var voters: [NodeID]
    /// Ids of the voters of the old half (C-old) while the configuration is joint. Sorted, each one a member.
    public internal(set) var outgoingVoters: [NodeID]?
    /// The highest incarnation ever used by each id, former members included (rule M7). Sorted by id.
    public private(set) var highestIncarnations: [Member]
    /// Gates entry kinds and messages that older releases do not know (rule L13).
    public var featureLevel: UInt32

    /// So many ids a configuration can hold, those of former members included.
    public static let maximumMembers = 1024

    /// No configuration yet (rule M5): nobody belongs, nobody votes.
    public init() {
        members = []
        voters = []
        outgoingVoters = nil
        highestIncarnations = []
        featureLevel = 1
    }

    /// - Throws: `MembershipError` when an id is 0 or named twice, a voter is not a member, or a half has no voter.
    public init(
        members: [Record], voters: [NodeID], outgoingVoters: [NodeID]? = nil, highestIncarnations: [Member] = [],
        featureLevel: UInt32 = 1
    ) throws(MembershipError) {
        let members = members.sorted { $0.member.id < $1.member.id }
        for (offset, record) in members.enumerated() {
            if record.member.id.rawValue == 0 { throw .zeroID }
            if offset > 0, members[offset - 1].member.id == record.member.id { throw .duplicate(record.member.id) }
        }
        func half(_ ids: [NodeID]) throws(MembershipError) -> [NodeID] {
            let ids = ids.sorted()
            if ids.isEmpty { throw .noVoter }
            for (offset, id) in ids.enumerated() {
                if offset > 0, ids[offset - 1] == id { throw .duplicate(id) }
                guard members.contains(where: { $0.member.id == id }) else { throw .voterIsNoMember(id) }
            }
            return ids
        }
        self.members = members
        self.voters = try half(voters)
        self.outgoingVoters = if let outgoingVoters { try half(outgoingVoters) } else { nil }
        self.featureLevel = featureLevel
        self.highestIncarnations = highestIncarnations.sorted()
        remember(members.map(\.member))
    }

    /// Raises the highest incarnations to those of `lives` (rule M7).
    mutating func remember(_ lives: [Member]) {
        for life in lives {
            if let at = highestIncarnations.firstIndex(where: { $0.id == life.id }) {
                highestIncarnations[at].incarnation = max(highestIncarnations[at].incarnation, life.incarnation)
            } else {
                highestIncarnations.append(life)
            }
        }
        highestIncarnations.sort()
    }

    /// True for "none yet".
    public var isEmpty: Bool { members.isEmpty }
    /// True between C-old,new and C-new (§6).
    public var isJoint: Bool { outgoingVoters != nil }

    /// The slot of `member`, or nil when no member has that id *and* incarnation.
    public func slot(of member: Member) -> Int? {
        guard let slot = slot(of: member.id), members[slot].member == member else { return nil }
        return slot
    }

    /// The slot of the member with this id, whatever its incarnation.
    public func slot(of id: NodeID) -> Int? {
        members.firstIndex { $0.member.id == id }
    }

    /// Whether the member with this id votes in either half.
    public func isVoter(_ id: NodeID) -> Bool {
        voters.contains(id) || (outgoingVoters?.contains(id) ?? false)
    }

    /// Whether this very member (id and incarnation) votes in either half.
    public func isVoter(_ member: Member) -> Bool {
        slot(of: member) != nil && isVoter(member.id)
    }

    /// Whether `quorum` is the rule of this configuration: as a comparison with `self.quorum`, but free of allocation,
    /// for checks that are made all the time.
    package func hasQuorum(_ quorum: Quorum) -> Bool {
        func isSame(_ ids: [NodeID], _ slots: [Int]) -> Bool {
            guard ids.count == slots.count else { return false }
            for position in ids.indices where slot(of: ids[position]) != slots[position] { return false }
            return true
        }
        guard isSame(voters, quorum.incoming) else { return false }
        guard let outgoingVoters, let outgoing = quorum.outgoing else {
            return outgoingVoters == nil && quorum.outgoing == nil
        }
        return isSame(outgoingVoters, outgoing)
    }

    /// The quorum rule of this configuration, over slots.
    public var quorum: Quorum {
        func slots(_ ids: [NodeID]) -> [Int] { ids.compactMap { slot(of: $0) } }
        return Quorum(incoming: slots(voters), outgoing: outgoingVoters.map(slots))
    }
}

/// Why a set of members is no configuration.
public struct MembershipError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public static let zeroID = MembershipError(description: "node id 0 is not allowed: ids start at 1")
    public static let noVoter = MembershipError(description: "a configuration needs at least one voter")
    public static func duplicate(_ id: NodeID) -> MembershipError {
        MembershipError(description: "node \(id) is named twice")
    }
    public static func voterIsNoMember(_ id: NodeID) -> MembershipError {
        MembershipError(description: "voter \(id) is not among the members")
    }
}
