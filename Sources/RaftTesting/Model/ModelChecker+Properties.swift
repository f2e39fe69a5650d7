import RaftCore
import RaftMembership

// What holds between servers, in every state.
extension ModelChecker {
    /// The first property that does not hold; `changed` is the only server that is not as it was a state before.
    func violation(in state: ModelState, changed: Int?) -> ModelViolation? {
        if let found = wrongSuspicion(in: state) { return found }
        // Nothing else is promised once a disk has lost what was durable.
        if state.servers.contains(where: { tables.summaries[Int($0)].isAmnesiac }) { return nil }
        let slots = changed.map { $0...$0 } ?? 0...(state.servers.count - 1)
        for one in slots {
            for other in state.servers.indices where other != one {
                if let found = violation(between: state.servers[one], and: state.servers[other]) { return found }
            }
        }
        return wrongRemoval(in: state) ?? lostCommit(in: state)
            ?? (tables.logs.hasWitnesses ? missingCopy(in: state) : nil)
    }

    /// Whoever takes itself for removed was left out by a committed configuration after the one that named it (rule M6).
    private func wrongRemoval(in state: ModelState) -> ModelViolation? {
        for server in state.servers where tables.summaries[Int(server)].isRemoved {
            let slot = tables.servers[Int(server)].slot
            let member = ModelRoot.member(slot)
            let named = tables.logs.lastConfiguration(of: tables.summaries[Int(server)].memory) {
                $0.slot(of: member) != nil
            }
            let isLeftOut = state.servers.contains { other in
                let left = tables.logs.lastConfiguration(of: tables.summaries[Int(other)].committed) {
                    $0.slot(of: member) == nil
                }
                return left ?? .zero > named ?? .zero
            }
            if !isLeftOut {
                return ModelViolation("M6", "\(name(server)) takes itself for removed by what is not committed")
            }
        }
        return nil
    }

    private func violation(between first: UInt32, and second: UInt32) -> ModelViolation? {
        let (one, other) = (tables.summaries[Int(first)], tables.summaries[Int(second)])
        if one.ledTerms & other.ledTerms != 0 {
            let term = (one.ledTerms & other.ledTerms).trailingZeroBitCount
            return ModelViolation(
                "election safety (§5.2)", "two servers lead term \(term): \(name(first)) and \(name(second))")
        }
        if let (index, isMismatch) = tables.logs.difference(one.memory, other.memory), isMismatch {
            return ModelViolation(
                "log matching (§5.3)", "entries \(index) agree in term and what is before them differs")
        }
        if !tables.logs.isPrefix(one.committed, of: other.committed),
            !tables.logs.isPrefix(other.committed, of: one.committed)
        {
            return ModelViolation(
                "state machine safety (§5.4.3)", "\(name(first)) and \(name(second)) committed different entries")
        }
        return incompleteLeader(first, one, second, other) ?? incompleteLeader(second, other, first, one)
            ?? wrongMatch(first, one, second, other) ?? wrongMatch(second, other, first, one)
    }

    /// What was committed before a leader's term is in its log.
    private func incompleteLeader(
        _ leader: UInt32, _ leading: ModelTables.Summary, _ server: UInt32, _ other: ModelTables.Summary
    ) -> ModelViolation? {
        guard leading.isLeader, !tables.logs.isPrefix(other.committed, of: leading.memory) else { return nil }
        for commit in tables.servers[Int(server)].ghost.commits
        where commit.term.rawValue < leading.term && !tables.logs.isPrefix(commit.log, of: leading.memory) {
            return ModelViolation(
                "leader completeness (§5.4)",
                "\(name(leader)) leads term \(leading.term) without entry \(tables.logs.last(of: commit.log)), which "
                    + "\(name(server)) knew to be committed in term \(commit.term)")
        }
        return nil
    }

    /// A leader believes of a peer in its own term only what is on that peer's disk.
    private func wrongMatch(
        _ leader: UInt32, _ leading: ModelTables.Summary, _ server: UInt32, _ other: ModelTables.Summary
    ) -> ModelViolation? {
        guard leading.isLeader, leading.term >= other.term else { return nil }
        let peer = tables.servers[Int(server)]
        let progress = tables.servers[Int(leader)].engine.progress
        guard let match = progress.first(where: { $0.member == ModelRoot.member(peer.slot) })?.matchIndex else {
            return nil
        }
        guard let log = tables.logs.prefix(of: leading.memory, through: match) else {
            return ModelViolation(
                "P1", "\(name(leader)) takes \(name(server)) to hold entry \(match), which is nowhere")
        }
        if tables.logs.isPrefix(log, of: other.disk) { return nil }
        return ModelViolation("P1", "\(name(leader)) takes \(name(server)) to hold entry \(match) durably")
    }

    /// What is committed is on the disks of a majority, for ever; in snapshots there is nothing else.
    private func lostCommit(in state: ModelState) -> ModelViolation? {
        let committed = committed(in: state)
        for server in state.servers where tables.summaries[Int(server)].covered != .empty {
            let covered = tables.summaries[Int(server)].covered
            if !tables.logs.isPrefix(covered, of: committed) {
                return ModelViolation(
                    "S1", "\(name(server)) has a snapshot of \(tables.logs.last(of: covered)), which is not committed")
            }
        }
        func isMajority(_ half: [NodeID], with log: LogHandle) -> Bool {
            var holders = 0
            for id in half {
                let server = state.servers[Int(id.rawValue) - 1]
                if tables.logs.isPrefix(log, of: tables.summaries[Int(server)].disk) { holders += 1 }
            }
            return 2 * holders > half.count
        }
        // Every configuration up to here was committed by itself, so its own quorum holds what is before it. What follows
        // a joint one may have been committed by the next, which is appended already and counts the new half alone.
        let membership = tables.logs.membership(of: committed)
        let isOldHalfDone =
            membership.outgoingVoters.map {
                let joint = tables.logs.lastConfiguration(of: committed).index
                return isMajority($0, with: tables.logs.prefix(of: committed, through: joint) ?? committed)
            } ?? true
        if isMajority(membership.voters, with: committed), isOldHalfDone { return nil }
        return ModelViolation(
            "committed entries are durable on a quorum (L10, D1)",
            "entry \(tables.logs.last(of: committed)) is committed, and no quorum of \(membership.voters)"
                + (membership.outgoingVoters.map { " and \($0)" } ?? "") + " has it on disk")
    }

    /// The longest log that some server knows to be committed.
    func committed(in state: ModelState) -> LogHandle {
        var committed = LogHandle.empty
        var length: UInt32 = 0
        for server in state.servers where tables.summaries[Int(server)].committedIndex > length {
            committed = tables.summaries[Int(server)].committed
            length = tables.summaries[Int(server)].committedIndex
        }
        return committed
    }

    /// Whoever lost what it had acknowledged is found out, nobody else is, and it counts in no quorum from then on.
    private func wrongSuspicion(in state: ModelState) -> ModelViolation? {
        for leader in state.servers where tables.summaries[Int(leader)].suspects != 0 {
            let leading = tables.servers[Int(leader)]
            var holders = 0
            for server in state.servers {
                let summary = tables.summaries[Int(server)]
                let isSuspect = leading.ghost.suspects & 1 << tables.servers[Int(server)].slot != 0
                if isSuspect, !summary.isAmnesiac {
                    return ModelViolation("L3", "\(name(server)) is taken for amnesiac, and its disk lost nothing")
                }
                if !isSuspect, tables.logs.isPrefix(leading.ghost.committed, of: summary.disk) { holders += 1 }
            }
            let commit = tables.logs.lastIndex(of: leading.ghost.committed)
            if leading.engine.role == .leader, commit > leading.ghost.committedAtSuspicion,
                holders <= state.servers.count / 2
            {
                return ModelViolation(
                    "L3", "entry \(commit) is committed with the help of a server that lost what it had acknowledged")
            }
        }
        return nil
    }

    func name(_ server: UInt32) -> String { "server \(tables.servers[Int(server)].slot + 1)" }
}
