import RaftCore
import RaftMembership

// Witnesses (rules X1 to X4), and what they must not be.
extension SafetyProperties {
    /// What the log that the engine goes by says that its server is.
    private func isWitness(_ engine: RaftEngine) -> Bool {
        let membership = configuration(in: engine.log.terms, through: engine.log.last.index).membership
        return membership.slot(of: engine.member).map { membership.members[$0].isWitness } ?? false
    }

    /// Every quorum of either half has a full voter (rule X1).
    func checkCopies(in logged: LoggedMembership) {
        let membership = logged.membership
        for half in [membership.voters, membership.outgoingVoters ?? []] {
            let witnesses = half.count { membership.kind(of: $0) == .witness }
            guard witnesses > 0, 2 * witnesses > half.count else { continue }
            fail("X1", "of the voters \(half) of configuration \(logged.id) \(witnesses) are witnesses, a majority")
        }
    }

    /// A witness's log has no commands, a full member's has nothing else (rule X2).
    func checkCopy(_ batch: StorageBatch, on node: SimulatedNode) {
        guard let engine = node.life?.driver?.engine else { return }
        for entries in [batch.entries, batch.repairs] where !entries.isEmpty {
            for position in 0..<entries.count where entries.kind(at: position).hasBody {
                let isThin = entries.isWithoutBody(at: position)
                if let copy = node.disk.image.copy, (copy == .positions) != isThin {
                    fail("X2", "\(node.id) mixes entries with their bodies and without: \(entries.id(at: position))")
                    return
                }
                let isNamed = engine.membership.slot(of: engine.member) != nil
                if isNamed, isThin != isWitness(engine) {
                    fail(
                        "X2",
                        "\(node.id) is \(isThin ? "no" : "a") witness and writes \(entries.id(at: position)) "
                            + (isThin ? "without its body" : "with its body"))
                    return
                }
            }
        }
    }

    /// A witness holds no entry that was never on the disk of a full member: with that the group would wait for what
    /// nobody can bring back, though no disk was lost (rule X4).
    func noteCopies(in batches: [StorageBatch], on node: SimulatedNode) {
        let isWitness = node.disk.image.copy == .positions
        for batch in batches {
            for entries in [batch.repairs, batch.entries] {
                for position in 0..<entries.count {
                    let id = entries.id(at: position)
                    if !isWitness {
                        known[id]?.wasWhole = true
                    } else if known[id]?.wasWhole == false {
                        fail("X4", "witness \(node.id) holds \(id), which no full member has ever had on its disk")
                        return
                    }
                }
            }
        }
    }

    /// A process that died has left more than was told to be written.
    func noteCopies(of node: SimulatedNode) {
        let image = node.disk.image
        guard image.copy != .positions else { return }
        for index in image.base.index.rawValue..<image.last.index.rawValue {
            let index = LogIndex(index + 1)
            guard let term = image.term(at: index) else { continue }
            known[LogID(term: term, index: index)]?.wasWhole = true
        }
    }

    /// It never campaigns (rule X3).
    func checkWitness(_ engine: RaftEngine, _ seen: Observation, _ node: SimulatedNode) {
        guard engine.role != seen.role, engine.role != .follower, isWitness(engine) else { return }
        fail("X3", "witness \(node.id) is \(engine.role) of term \(engine.term)")
    }

    func noteWitness(_ message: Message, of node: SimulatedNode) {
        guard let engine = node.life?.driver?.engine, engine.isWitness else { return }
        switch message {
        case .voteReply(let reply) where reply.isGranted && !reply.isPreVote: world.coverage.add(.witnessVoted)
        case .appendReply(let reply):
            if case .matched = reply.outcome { world.coverage.add(.witnessAcknowledged) }
        case .installSnapshotReply(let reply):
            if case .installed = reply.outcome { world.coverage.add(.witnessInstalled) }
        default: break
        }
    }

    func checkSuccessor(_ successor: Member, of node: SimulatedNode) {
        guard let engine = node.life?.driver?.engine, engine.membership.kind(of: successor.id) == .witness else {
            return
        }
        fail("X3", "\(node.id) hands over to witness \(successor.id)")
    }

    func answeredRead(_ node: SimulatedNode) {
        guard let engine = node.life?.driver?.engine, isWitness(engine) else { return }
        fail("X3", "a read is answered by witness \(node.id)")
    }

    /// Some disk has it whole when it is committed (rule X1).
    func wholeEntry(at index: LogIndex, _ term: Term) -> EntryBatch? {
        let entries = nodes.lazy.compactMap { $0.disk.entry(at: index, term) }
        if let whole = entries.first(where: { !$0.isWithoutBody(at: 0) }) { return whole }
        if !entries.isEmpty { fail("X1", "entry \(index)@\(term) is committed, and no disk has it whole") }
        return nil
    }

    /// The process found that it was added as what it is not by its data. Whoever runs it empties them (rule X2).
    func isOtherCopy(_ node: SimulatedNode, _ reason: String) -> Bool {
        guard reason.contains("empty its data directory"), let copy = node.disk.image.copy else { return false }
        let says = configurations.contains { logged in
            guard let member = node.member, let slot = logged.membership.slot(of: member) else { return false }
            return logged.membership.members[slot].isWitness != (copy == .positions)
        }
        if says { world.coverage.add(.otherCopy) }
        return says
    }
}

extension DiskImage {
    /// What the log and the snapshot hold of commands.
    var copy: LogCopy? {
        if let snapshot { return snapshot.isWithoutBody ? .positions : .whole }
        for index in base.index.rawValue..<last.index.rawValue {
            guard let entry = entry(at: LogIndex(index + 1)) else { continue }
            if entry.kind(at: 0).hasBody {
                return entry.isWithoutBody(at: 0) ? .positions : .whole
            }
        }
        return nil
    }
}
