/// One wish about who belongs to a cluster, and as what.
///
/// Several wishes in one call are one change: they take effect together, by joint consensus (§6). They are read in order,
/// each on what the ones before it make of the configuration.
public struct MembershipChange: Hashable, Sendable {
    package enum Wish: Hashable, Sendable {
        case add(NodeID, addresses: [String], as: MemberKind)
        case promote(NodeID)
        case demote(NodeID)
        case remove(NodeID)
        case setVoters([NodeID])
        case setAddresses(NodeID, [String])
    }

    package let wish: Wish

    package init(wish: Wish) { self.wish = wish }

    /// A server that does not belong yet. As a voter or a witness it is a learner until it has caught up (D§4.2.1).
    public static func add(_ id: NodeID, addresses: [String], as kind: MemberKind = .voter) -> MembershipChange {
        MembershipChange(wish: .add(id, addresses: addresses, as: kind))
    }

    /// A learner votes, once it has caught up.
    public static func promote(_ id: NodeID) -> MembershipChange { MembershipChange(wish: .promote(id)) }

    /// A voter goes on as a learner; a witness goes on without its vote.
    public static func demote(_ id: NodeID) -> MembershipChange { MembershipChange(wish: .demote(id)) }

    /// A member leaves. Its id stays known, so that it is not used again on an empty disk (rule M7).
    public static func remove(_ id: NodeID) -> MembershipChange { MembershipChange(wish: .remove(id)) }

    /// Exactly these vote; who votes now and is not named leaves. Learners stay.
    public static func setVoters(_ ids: [NodeID]) -> MembershipChange { MembershipChange(wish: .setVoters(ids)) }

    /// Where peers reach a member; all else about it stays (rule M8).
    public static func setAddresses(_ id: NodeID, _ addresses: [String]) -> MembershipChange {
        MembershipChange(wish: .setAddresses(id, addresses))
    }
}

/// What a member is in a configuration.
public enum MemberKind: String, Hashable, Sendable, CaseIterable {
    /// Holds the log, votes, may lead.
    case voter
    /// Holds the log and counts in no quorum (D§4.2.1).
    case learner
    /// Votes and holds no commands (rules X).
    case witness
}

/// Why a change is not allowed: one line that says what would be right.
public struct MembershipChangeRefused: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

extension Membership {
    /// What the member with this id is; nil when it is none.
    public func kind(of id: NodeID) -> MemberKind? {
        guard let slot = slot(of: id) else { return nil }
        if members[slot].isWitness { return .witness }
        return isVoter(id) ? .voter : .learner
    }

    /// The configuration that `changes` ask for, with nothing joint in it.
    ///
    /// - Parameter incarnation: which life of its disk a server is in that is to be added.
    /// - Throws: `MembershipChangeRefused`, naming the wish that cannot be granted.
    public func goal(
        of changes: [MembershipChange], incarnation: (NodeID) -> Incarnation
    ) throws(MembershipChangeRefused) -> Membership {
        try goal(of: changes, mayLackCopies: false, incarnation: incarnation)
    }

    /// - Parameter mayLackCopies: breaks rule X1 on purpose.
    package func goal(
        of changes: [MembershipChange], mayLackCopies: Bool, incarnation: (NodeID) -> Incarnation
    ) throws(MembershipChangeRefused) -> Membership {
        var draft = MembershipDraft(self)
        for change in changes { try draft.apply(change, incarnation) }
        let goal = try draft.finish()
        if !mayLackCopies, let objection = goal.witnessObjection { throw MembershipChangeRefused(objection) }
        return goal
    }

    /// Why not every quorum would hold a full copy: witnesses must be fewer than a majority, of both halves of a joint
    /// configuration (rule X1). Nil when all is well.
    package var witnessObjection: String? {
        for half in [voters, outgoingVoters ?? []] {
            let witnesses = members.count { $0.isWitness && half.contains($0.member.id) }
            guard witnesses > 0, witnesses >= half.count / 2 + 1 else { continue }
            return
                "of \(half.count) voters \(witnesses) would be witnesses: they must be fewer than a majority, so that "
                + "every quorum has a full copy"
        }
        return nil
    }

    /// Servers that `changes` bring in: their incarnations must be found out first.
    public static func newcomers(in changes: [MembershipChange]) -> [(id: NodeID, addresses: [String])] {
        changes.compactMap { change in
            if case .add(let id, let addresses, _) = change.wish { (id, addresses) } else { nil }
        }
    }
}

/// A configuration on its way to another.
private struct MembershipDraft {
    private let origin: Membership
    private var records: [Membership.Record]
    private var voters: [NodeID]

    init(_ origin: Membership) {
        self.origin = origin
        records = origin.members
        voters = origin.voters
    }

    mutating func apply(
        _ change: MembershipChange, _ incarnation: (NodeID) -> Incarnation
    ) throws(MembershipChangeRefused) {
        switch change.wish {
        case .add(let id, let addresses, let kind): try add(id, addresses, kind, incarnation(id))
        case .promote(let id):
            let at = try position(of: id)
            guard !voters.contains(id) else { throw MembershipChangeRefused("node \(id) votes already") }
            records[at].promoteWhenCaughtUp = false
            voters.append(id)
        case .demote(let id):
            let at = try position(of: id)
            guard voters.contains(id) else { throw MembershipChangeRefused("node \(id) does not vote") }
            records[at].promoteWhenCaughtUp = false
            voters.removeAll { $0 == id }
        case .remove(let id):
            records.remove(at: try position(of: id))
            voters.removeAll { $0 == id }
        case .setVoters(let ids):
            for id in ids {
                let at = try position(of: id)
                records[at].promoteWhenCaughtUp = false
            }
            if let repeated = ids.first(where: { id in ids.count { $0 == id } > 1 }) {
                throw MembershipChangeRefused("node \(repeated) is named twice")
            }
            records.removeAll { voters.contains($0.member.id) && !ids.contains($0.member.id) }
            voters = ids
        case .setAddresses(let id, let addresses):
            records[try position(of: id)].addresses = try checked(addresses, of: id)
        }
    }

    private mutating func add(
        _ id: NodeID, _ addresses: [String], _ kind: MemberKind, _ incarnation: Incarnation
    ) throws(MembershipChangeRefused) {
        guard id.rawValue != 0 else { throw MembershipChangeRefused(MembershipError.zeroID.description) }
        guard !records.contains(where: { $0.member.id == id }) else {
            throw MembershipChangeRefused("node \(id) is a member already")
        }
        let member = Member(id: id, incarnation: incarnation)
        if let highest = origin.highestIncarnations.first(where: { $0.id == id }), highest > member {
            throw MembershipChangeRefused(
                "node \(id) runs on data older than what this cluster has seen of it: give it an empty directory")
        }
        records.append(
            Membership.Record(member: member, addresses: try checked(addresses, of: id), isWitness: kind == .witness))
        if kind != .learner { voters.append(id) }
    }

    private func position(of id: NodeID) throws(MembershipChangeRefused) -> Int {
        if let at = records.firstIndex(where: { $0.member.id == id }) { return at }
        let ids = records.map(\.member.id).sorted().map(\.description).joined(separator: ", ")
        throw MembershipChangeRefused("node \(id) is not a member: the members are \(ids)")
    }

    private func checked(_ addresses: [String], of id: NodeID) throws(MembershipChangeRefused) -> [String] {
        guard (1...16).contains(addresses.count) else {
            throw MembershipChangeRefused("node \(id) needs 1 to 16 addresses, not \(addresses.count)")
        }
        if let long = addresses.first(where: { $0.utf8.count > 1024 }) {
            throw MembershipChangeRefused(
                "an address of node \(id) has \(long.utf8.count) bytes: more than 1024 are not allowed")
        }
        return addresses
    }

    func finish() throws(MembershipChangeRefused) -> Membership {
        let known = Set(origin.highestIncarnations.map(\.id)).union(records.map(\.member.id))
        guard known.count <= Membership.maximumMembers else {
            throw MembershipChangeRefused(
                "this cluster has had \(known.count - 1) members with ids of their own, and cannot tell more apart: "
                    + "give the new one the id of a former member")
        }
        let fresh = records.map(\.member).filter { origin.slot(of: $0.id) != nil && origin.slot(of: $0) == nil }
        guard fresh.isEmpty || voters.contains(where: { id in !fresh.contains { $0.id == id } }) else {
            throw MembershipChangeRefused("no voter would be left while \(fresh[0].id) is replaced by its next life")
        }
        do {
            return try Membership(
                members: records, voters: voters, highestIncarnations: origin.highestIncarnations,
                featureLevel: origin.featureLevel)
        } catch {
            throw MembershipChangeRefused(
                error == .noVoter ? "no voter would be left: a configuration needs at least one" : error.description)
        }
    }
}
