import RaftCore
import RaftMembership

/// What must hold at every moment of every run (figure 3 of the paper, and the rules). Kept outside the engines: this is
/// the view of someone who sees all servers and all disks at once.
struct ClusterProperties {
    enum Ending: Equatable { case committed(LogIndex), rejected, unknown }

    private struct Known {
        var entry: EntryBatch
        var previousTerm: Term
    }

    private let nodes: Int
    private var leaders: [Term: Member] = [:]
    private var grants: [Term: [Member: Member]] = [:]
    private var known: [LogID: Known] = [:]
    private var clusters: Set<ClusterID> = []
    /// Everything that was ever committed, from index 1 on.
    private(set) var committed: [EntryBatch] = []
    private(set) var endings: [Ending?] = []
    private var payloads: [[UInt8]] = []
    /// The last entry whose proposer was told of its success.
    private(set) var highestAcknowledged = LogIndex.zero
    private(set) var answeredReads = 0

    init(nodes: Int) { self.nodes = nodes }

    var lastCommitted: LogIndex { LogIndex(UInt64(committed.count)) }

    mutating func assumeCommitted(_ entry: EntryBatch) {
        committed.append(entry)
        known[entry.id(at: 0)] = Known(entry: entry, previousTerm: .zero)
    }

    // MARK: After each step

    mutating func checkStep(of node: SimulatedNode, in cluster: EngineCluster) throws {
        guard let engine = node.engine else { return }
        let id = node.member.id
        guard engine.term >= node.lastTerm || node.lastRole == .follower else {
            throw Violation("the term of \(id) fell")
        }
        if engine.role == .leader, node.lastRole != .leader || node.lastTerm != engine.term {
            // Election safety: at most one leader in a term.
            if let other = leaders[engine.term], other != node.member || node.lastTerm == engine.term {
                throw Violation("both \(other) and \(node.member) lead term \(engine.term)")
            }
            leaders[engine.term] = node.member
            // Leader completeness: a leader's log holds all that was ever committed.
            for entry in committed where engine.log.terms.term(at: entry.firstIndex) != entry.term(at: 0) {
                throw Violation("\(id) leads term \(engine.term) without committed entry \(entry.id(at: 0))")
            }
        }
        guard engine.commitIndex >= node.lastCommit else { throw Violation("the commit index of \(id) fell (C2)") }
        if engine.commitIndex > node.lastCommit {
            for index in node.lastCommit.rawValue + 1...engine.commitIndex.rawValue {
                try checkCommit(LogIndex(index), engine, cluster)
            }
        }
        guard node.disk.lastIndex >= engine.log.flushed,
            node.disk.term(at: engine.log.flushed) == engine.log.terms.term(at: engine.log.flushed)
                || engine.log.flushed < node.lastFlushed
        else { throw Violation("\(id) takes entry \(engine.log.flushed) for durable (D6)") }
        node.commitBeforeStep = node.lastCommit
        node.lastCommit = engine.commitIndex
        node.lastFlushed = engine.log.flushed
        node.lastRole = engine.role
        node.lastTerm = engine.term
    }

    /// The first to commit an entry needs a quorum of disks that hold it (D1, L10, C1); the rest must agree with it.
    private mutating func checkCommit(_ index: LogIndex, _ engine: RaftEngine, _ cluster: EngineCluster) throws {
        guard let term = engine.log.terms.term(at: index) else { throw Violation("no entry \(index) to commit (L4)") }
        if index <= lastCommitted {
            let other = committed[Int(index.rawValue) - 1].id(at: 0)
            guard other.term == term else {
                throw Violation("\(engine.member.id) commits \(index)@\(term) where \(other) was committed")
            }
            return
        }
        let holders = cluster.nodes.filter { $0.disk.term(at: index) == term }
        guard holders.count > nodes / 2 else {
            throw Violation("entry \(index)@\(term) is committed by \(engine.member.id) with \(holders.count) disks")
        }
        guard let entry = holders[0].disk.entry(at: index) else { return }
        committed.append(entry)
    }

    // MARK: What leaves a server

    mutating func checkSend(_ message: Message, from node: SimulatedNode) throws {
        let disk = node.disk.hardState
        let id = node.member.id
        switch message {
        case .voteRequest(let request) where !request.isPreVote:
            guard disk.term == request.term, disk.votedFor == node.member else {
                throw Violation("\(id) asks for votes before its own is durable (V2)")
            }
            try record(grantOf: node.member, to: node.member, in: request.term)
        case .voteReply(let reply) where !reply.isPreVote && reply.isGranted:
            guard disk.term == reply.term, let candidate = disk.votedFor else {
                throw Violation("\(id) grants its vote in term \(reply.term) before that is durable (V1)")
            }
            try record(grantOf: node.member, to: candidate, in: reply.term)
        case .appendReply(let reply):
            if case .matched(let index) = reply.outcome { try checkMatch(index, of: node) }
        case .heartbeatReply(let reply): if reply.hasMatch { try checkMatch(reply.matched, of: node) }
        case .appendEntries(let request):
            guard disk.term >= request.term else { throw Violation("\(id) leads a term that is not durable (V14)") }
        case .adopt(let adopt):
            guard disk.cluster == adopt.cluster else { throw Violation("\(id) spreads an identity not durable (M9)") }
        default: break
        }
    }

    private mutating func record(grantOf voter: Member, to candidate: Member, in term: Term) throws {
        if let before = grants[term, default: [:]].updateValue(candidate, forKey: voter), before != candidate {
            throw Violation("\(voter) votes for \(before) and for \(candidate) in term \(term) (V3)")
        }
    }

    private func checkMatch(_ index: LogIndex, of node: SimulatedNode) throws {
        guard let engine = node.engine, index <= node.disk.lastIndex,
            node.disk.term(at: index) == engine.log.terms.term(at: index)
        else { throw Violation("\(node.member.id) acknowledges entry \(index), which is not durable (L10)") }
    }

    // MARK: What goes to disk

    /// Log matching: an index and a term name one entry, and all before it.
    mutating func checkWrite(_ batch: StorageBatch, of node: SimulatedNode) throws {
        guard !batch.entries.isEmpty, let terms = node.engine?.log.terms else { return }
        if let cut = batch.truncateAfter, cut < node.commitBeforeStep {
            throw Violation("\(node.member.id) truncates committed entries after \(cut) (L2)")
        }
        for position in 0..<batch.entries.count {
            let entry = batch.entries.slice(from: batch.entries.firstIndex + position, maxCount: 1)
            let id = entry.id(at: 0)
            // A crash may undo the first entry of a cluster, and another one is written then; it counts once durable.
            if id.index == 1, node.disk.lastIndex == .zero { continue }
            guard let previous = terms.term(at: id.index.previous) else { throw Violation("nothing before \(id)") }
            if let other = known[id] {
                guard other.entry == entry, other.previousTerm == previous else {
                    throw Violation("two entries \(id): the logs do not match")
                }
            } else {
                known[id] = Known(entry: entry, previousTerm: previous)
            }
        }
    }

    mutating func checkDisk(of node: SimulatedNode) throws {
        guard let engine = node.engine else { return }
        if let entry = node.disk.entry(at: 1) {
            let first = known[entry.id(at: 0), default: Known(entry: entry, previousTerm: .zero)]
            guard first.entry == entry else { throw Violation("two first entries: a second cluster was formed (M9)") }
            known[entry.id(at: 0)] = first
        }
        guard node.disk.hardState.term <= engine.term, node.disk.hardState.commitHint <= engine.commitIndex else {
            throw Violation("the disk of \(node.member.id) is ahead of its memory")
        }
    }

    mutating func checkIdentity(of node: SimulatedNode) throws {
        guard let cluster = node.disk.hardState.cluster, cluster == node.announcedCluster else {
            throw Violation("\(node.member.id) shows an identity that is not durable (M9)")
        }
        clusters.insert(cluster)
        guard clusters.count == 1 else { throw Violation("a second cluster was formed: \(clusters) (M9)") }
    }

    // MARK: Machines

    /// State machine safety: every machine is fed the committed entries, each once and in order (C4, C6).
    mutating func apply(through index: LogIndex, on node: SimulatedNode) throws {
        while node.applied.count < Int(index.rawValue) {
            let next = LogIndex(UInt64(node.applied.count + 1))
            guard let entry = node.disk.entry(at: next) else {
                throw Violation("\(node.member.id) applies entry \(next) before it is durable (C6)")
            }
            guard next <= lastCommitted, committed[node.applied.count] == entry else {
                throw Violation("\(node.member.id) applies entry \(entry.id(at: 0)), which was not committed")
            }
            node.applied.append(entry)
            guard let waiter = node.waiters.first, waiter.id.index == next else { continue }
            node.waiters.removeFirst()
            try end(waiter.proposal, waiter.id.term == entry.term(at: 0) ? .committed(next) : .unknown)
        }
    }

    /// A read sees everything whose proposer was told of it before the read began (R1).
    mutating func answer(_ id: ReadID, on node: SimulatedNode) throws {
        guard let mustSee = node.reads.removeValue(forKey: id) else { throw Violation("read \(id) ended twice (R3)") }
        guard node.applied.count >= Int(mustSee.rawValue) else {
            throw Violation("\(node.member.id) answers a read at \(node.applied.count) that must see \(mustSee) (R1)")
        }
        answeredReads += 1
    }

    // MARK: Proposals

    mutating func begin(size: Int) -> (id: Int, payload: [UInt8]) {
        let id = endings.count
        endings.append(nil)
        var writer = ByteWriter()
        writer.write(UInt64(id))
        payloads.append(writer.bytes + [UInt8](repeating: 7, count: size))
        return (id, payloads[id])
    }

    /// Exactly one of three ways, and told no lie (W1, W3).
    mutating func end(_ proposal: Int, _ ending: Ending) throws {
        guard endings[proposal] == nil else { throw Violation("proposal \(proposal) ended twice (W1)") }
        endings[proposal] = ending
        guard case .committed(let index) = ending else { return }
        highestAcknowledged = max(highestAcknowledged, index)
        let payload = committed[Int(index.rawValue) - 1].withPayload(at: 0) { [UInt8]($0) }
        guard payload == payloads[proposal] else { throw Violation("proposal \(proposal) got another's success (W3)") }
    }

    /// At the end of a run: all proposals have ended, and those that were rejected are nowhere (W1).
    func checkEnd() throws {
        if let open = endings.firstIndex(where: { $0 == nil }) { throw Violation("proposal \(open) never ended (W1)") }
        var seen: Set<[UInt8]> = []
        for entry in committed where entry.kind(at: 0) == .command {
            let payload = entry.withPayload(at: 0) { [UInt8]($0) }
            guard seen.insert(payload).inserted else { throw Violation("a command was committed twice") }
        }
        for (proposal, ending) in endings.enumerated() where ending == .rejected && seen.contains(payloads[proposal]) {
            throw Violation("proposal \(proposal) was rejected and committed (W1)")
        }
    }
}
