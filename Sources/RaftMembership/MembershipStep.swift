/// What comes next on the way from one configuration to another (§6, D§4.3).
public enum MembershipStep: Hashable, Sendable {
    /// Append this configuration, and go on once it is committed.
    case append(Membership)
    /// These learners have to catch up first (D§4.2.1).
    case wait(for: [NodeID])
    /// The goal is in effect.
    case done
}

extension Membership {
    /// The next step from this configuration, which is committed, to `goal`.
    ///
    /// Newcomers first join as learners; a change of voters always goes through a joint configuration; whoever finds a
    /// joint configuration leaves it. Each configuration says by itself how it goes on, so that any leader can finish
    /// what another began (rule M3).
    public func step(toward goal: Membership, isCaughtUp: (Member) -> Bool) -> MembershipStep {
        if let left = leavingJoint() { return .append(left) }
        let earlierLives = members.filter {
            isVoter($0.member.id) && goal.slot(of: $0.member.id) != nil && goal.slot(of: $0.member) == nil
        }
        if !earlierLives.isEmpty {
            // A server that lost its disk is another member: the old one, if it votes, leaves before the new one joins
            // (rule M10).
            return step(toward: goal.without(earlierLives.map(\.member.id)), isCaughtUp: isCaughtUp)
        }
        let joined = withLearners(of: goal)
        if joined != self { return .append(joined) }
        guard voters != goal.voters else { return .done }
        let late = goal.voters.filter { id in
            guard !voters.contains(id), let slot = slot(of: id) else { return false }
            return !isCaughtUp(members[slot].member)
        }
        return late.isEmpty ? .append(joint(with: goal)) : .wait(for: late)
    }

    /// The same with the next life of a member in its place, as what it was, but that nobody waits for it to vote (rule
    /// M10); nil when it votes, or when a later life is known.
    package func replacing(_ next: Member) -> Membership? {
        guard let slot = slot(of: next.id), !isVoter(next.id),
            !highestIncarnations.contains(where: { $0.id == next.id && $0 > next })
        else { return nil }
        var copy = self
        copy.members[slot] = Record(
            member: next, addresses: members[slot].addresses, isWitness: members[slot].isWitness)
        return copy
    }

    /// C-new of a joint configuration; nil when it is none.
    public func leavingJoint() -> Membership? {
        guard let outgoingVoters else { return nil }
        var copy = self
        copy.members = members.filter { record in
            let id = record.member.id
            return voters.contains(id) || !outgoingVoters.contains(id) || record.staysAsLearner
        }
        for slot in copy.members.indices { copy.members[slot].staysAsLearner = false }
        copy.outgoingVoters = nil
        return copy
    }

    /// C-old,new: the goal's voters beside today's. Members that leave with it belong until it is left.
    private func joint(with goal: Membership) -> Membership {
        var copy = self
        for slot in copy.members.indices {
            let id = copy.members[slot].member.id
            if goal.voters.contains(id) { copy.members[slot].promoteWhenCaughtUp = false }
            copy.members[slot].staysAsLearner =
                voters.contains(id) && !goal.voters.contains(id) && goal.slot(of: id) != nil
        }
        copy.voters = goal.voters
        copy.outgoingVoters = voters
        return copy
    }

    private func without(_ ids: [NodeID]) -> Membership {
        var copy = self
        copy.members.removeAll { ids.contains($0.member.id) }
        copy.voters.removeAll { ids.contains($0) }
        return copy
    }

    /// The same voters, with all else as the goal has it: learners and addresses change without a joint configuration,
    /// for no quorum depends on them.
    private func withLearners(of goal: Membership) -> Membership {
        var copy = self
        copy.members = members.filter { isVoter($0.member.id) || goal.slot(of: $0.member) != nil }
        for slot in copy.members.indices {
            guard let wanted = goal.slot(of: copy.members[slot].member) else { continue }
            copy.members[slot].addresses = goal.members[wanted].addresses
            if !goal.voters.contains(copy.members[slot].member.id) {
                copy.members[slot].promoteWhenCaughtUp = goal.members[wanted].promoteWhenCaughtUp
            }
        }
        for record in goal.members where copy.slot(of: record.member.id) == nil {
            var record = record
            record.promoteWhenCaughtUp = record.promoteWhenCaughtUp || goal.voters.contains(record.member.id)
            copy.members.append(record)
        }
        copy.members.sort { $0.member.id < $1.member.id }
        copy.remember(goal.members.map(\.member))
        return copy
    }
}
