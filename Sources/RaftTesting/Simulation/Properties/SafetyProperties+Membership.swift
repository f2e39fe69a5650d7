import RaftCore
import RaftMembership

// Configurations (§6), followed from outside: which there are, which of them a log puts in effect, and what a quorum of
// each is, counted by hand.
extension SafetyProperties {
    func note(_ logged: LoggedMembership) {
        guard !configurations.contains(where: { $0.id == logged.id }) else { return }
        let place = configurations.firstIndex { $0.id.index > logged.id.index } ?? configurations.endIndex
        configurations.insert(logged, at: place)
        checkCopies(in: logged)
    }

    /// Those in a batch of entries.
    func noteConfigurations(in batch: EntryBatch) {
        for position in 0..<batch.count where batch.kind(at: position) == .configuration {
            let payload = batch.withPayload(at: position) { try? MembershipCodec.decode($0) }
            guard let payload else { continue }
            note(LoggedMembership(id: batch.id(at: position), membership: payload.membership))
        }
    }

    /// The last configuration up to `last` in a log of these terms.
    func configuration(in terms: TermRuns, through last: LogIndex) -> LoggedMembership {
        for logged in configurations.reversed() where logged.id.index <= last {
            // Below its base a log is the committed one.
            let isThere =
                logged.id.index < terms.base.index
                ? committedTerms.term(at: logged.id.index) : terms.term(at: logged.id.index)
            if isThere == logged.id.term { return logged }
        }
        return .none
    }

    /// The last one that was committed.
    var committedConfiguration: LoggedMembership { configuration(in: committedTerms, through: lastCommitted) }

    func isQuorum(of membership: Membership, _ agrees: (Member) -> Bool) -> Bool {
        func isMajority(_ half: [NodeID]) -> Bool {
            let count = half.count { id in
                membership.members.contains { $0.member.id == id && agrees($0.member) }
            }
            return 2 * count > half.count
        }
        guard !membership.isEmpty, isMajority(membership.voters) else { return false }
        return membership.outgoingVoters.map(isMajority) ?? true
    }

    func node(of member: Member) -> SimulatedNode? {
        let index = Int(member.id.rawValue) - 1
        return nodes.indices.contains(index) ? nodes[index] : nil
    }

    /// What is effective is what the log says, from the append on until it is cut (rule M2); a leader appends one
    /// configuration at a time, when it has committed an entry of its term (rule M1).
    func checkConfiguration(_ engine: RaftEngine, _ seen: Observation, _ node: SimulatedNode) {
        guard engine.effective.id != seen.configuration || engine.log.last != seen.last else { return }
        if engine.effective.id != seen.configuration { node.configuredAt = world.now }
        if engine.effective.id != seen.configuration, engine.effective.id != .zero,
            let entry = engine.log.cachedEntries(from: engine.effective.id.index, maxCount: 1)
        {
            noteConfigurations(in: entry)
        }
        let expected = configuration(in: engine.log.terms, through: engine.log.last.index)
        // Who has lost its snapshot knows its peers from what it held before.
        if engine.effective != expected, engine.damage == nil {
            fail(
                "M2",
                "node \(node.id) goes by the configuration of entry \(engine.effective.id); its log says "
                    + "\(expected.id)")
        }
        guard engine.role == .leader, seen.role == .leader, engine.effective.id.index > seen.last.index,
            engine.effective.id.term == engine.term
        else { return }
        let before = configuration(in: engine.log.terms, through: seen.last.index)
        if before.id.index > engine.commitIndex {
            fail("M1", "leader \(node.id) appends a configuration while that of \(before.id) is not committed")
        }
        if engine.log.terms.term(at: engine.commitIndex) != engine.term {
            fail("M1", "leader \(node.id) changes the configuration before it has committed an entry of its term")
        }
        world.coverage.add(engine.membership.isJoint ? .jointEntered : .configurationAppended)
        if before.membership.isJoint { world.coverage.add(.jointLeft) }
    }

    /// A leader that its committed configuration leaves out leads no longer than it must (rule M4), and one whose
    /// configuration let somebody go tells them (rule M6).
    func checkLeaving(_ engine: RaftEngine, _ seen: Observation, _ node: SimulatedNode) {
        guard engine.commitIndex != seen.commitIndex || node.outsideSince != nil else { return }
        let committed = configuration(in: engine.log.terms, through: engine.commitIndex).membership
        let isOutside =
            engine.role == .leader && !committed.isEmpty && !committed.isJoint && !engine.membership.isJoint
            && !committed.voters.contains(engine.member.id) && !engine.membership.voters.contains(engine.member.id)
        guard isOutside else {
            node.outsideSince = nil
            return
        }
        let since = max(node.outsideSince ?? world.now, node.disturbedAt)
        if node.outsideSince == nil { world.coverage.add(.leaderLeft) }
        node.outsideSince = since
        let patience =
            6 * options.configuration.electionTimeout.upperBound + 4 * options.configuration.heartbeatInterval
        if world.now - since > patience {
            fail("M4", "node \(node.id) still leads, though a committed configuration leaves it out")
        }
    }

    /// When a configuration is committed by the leader that appended it, who is not in it any more is still talked to.
    func checkFarewell(_ engine: RaftEngine, _ seen: Observation) {
        guard engine.role == .leader, engine.commitIndex != seen.commitIndex else { return }
        let now = configuration(in: engine.log.terms, through: engine.commitIndex)
        let before = configuration(in: engine.log.terms, through: seen.commitIndex)
        guard now.id != before.id, now.id.term == engine.term else { return }
        for record in before.membership.members
        where now.membership.slot(of: record.member) == nil && record.member != engine.member {
            world.coverage.add(.memberLeft)
            let isToldOf = engine.progress.contains { $0.member == record.member }
            // A former life has nobody left who could be told.
            let other = node(of: record.member)?.life?.driver?.engine
            let knows = other.map { $0.isRemoved || $0.member != record.member } ?? true
            if !isToldOf, !knows { fail("M6", "\(engine.member) does not tell \(record.member) that it left") }
        }
    }

    /// Who takes itself for removed was left out by a committed configuration after the one that named it (rule M6), and
    /// begins no campaign from then on (rule V12). What it sends says less: a request from before may go out in the moment
    /// in which it learns that it was removed.
    func checkRemoval(_ engine: RaftEngine, _ seen: Observation, _ node: SimulatedNode) {
        let campaigns = engine.role == .preCandidate || engine.role == .candidate
        if seen.isRemoved, engine.isRemoved, campaigns, engine.role != seen.role {
            fail("V12", "\(node.id) campaigns in term \(engine.term), though it knows that it was removed")
        }
        guard engine.isRemoved != seen.isRemoved else { return }
        node.seen.isRemoved = engine.isRemoved
        guard engine.isRemoved else { return }
        world.coverage.add(.becameRemoved)
        let named = configurations.last { logged in
            logged.id.index <= engine.log.last.index && logged.membership.slot(of: engine.member) != nil
                && (logged.id.index < engine.log.base.index
                    ? committedTerms : engine.log.terms).term(at: logged.id.index) == logged.id.term
        }
        let isLeftOut = configurations.contains { logged in
            logged.id.index > named?.id.index ?? .zero && logged.membership.slot(of: engine.member) == nil
                && committedTerms.term(at: logged.id.index) == logged.id.term
        }
        if !isLeftOut { fail("M6", "node \(node.id) takes itself for removed, and no committed configuration says so") }
    }
}
