import RaftCore
import RaftMembership

/// A write under way: what is on disk once it is durable. Writes become durable in the order given; that they are may be
/// told in any order (rule L11).
struct ModelWrite: Sendable {
    var id: WriteID
    var hardState: HardState
    var log: LogHandle
    var base: ModelBase?
    /// It is on disk, and the engine has not been told.
    var isDurable = false
}

/// What the properties must remember of a server, over crashes too. No part of the engine sees it.
struct ModelGhost: Sendable {
    struct Commit: Sendable {
        var term: Term
        var log: LogHandle
    }

    /// Terms this server has led, a bit for each.
    var ledTerms: UInt64 = 0
    /// The longest log that it knew to be committed, with the term it was in; one for each such term.
    var commits: [Commit] = []
    /// Its last vote for another that left.
    var granted: (term: Term, candidate: Int)?
    /// Reads that have not ended, each with the index it must see.
    var reads: [(id: UInt64, sees: LogIndex)] = []
    /// Proposals that have not ended.
    var proposals: [LogID] = []
    /// Its disk lost an entry that was durable.
    var isAmnesiac = false
    /// What was on its disk as a full member's, and was cut since: where there are witnesses (rule X4).
    var former: [LogHandle] = []
    /// Servers that it took for amnesiac as the leader of its term, a bit for each, and its commit index then.
    var suspects: UInt8 = 0
    var committedAtSuspicion = LogIndex.zero

    var committed: LogHandle { commits.last?.log ?? .empty }
}

/// One server at one moment: its engine, its disk, what is under way between them. Never changed: a step makes another.
final class ModelServer: Sendable {
    let slot: Int
    let engine: RaftEngine
    /// On disk.
    let hard: HardState
    let disk: LogHandle
    let base: ModelBase?
    /// The engine's log: what is on disk with everything under way. Both with what was compacted.
    let memory: LogHandle
    /// Oldest first.
    let writes: [ModelWrite]
    let errands: ModelErrands
    let ghost: ModelGhost

    init(
        slot: Int, engine: RaftEngine, hard: HardState, disk: LogHandle, base: ModelBase?, memory: LogHandle,
        writes: [ModelWrite], errands: ModelErrands, ghost: ModelGhost
    ) {
        self.slot = slot
        self.engine = engine
        self.hard = hard
        self.disk = disk
        self.base = base
        self.memory = memory
        self.writes = writes
        self.errands = errands
        self.ghost = ghost
    }

    /// Whether the configuration in effect has it as a witness.
    var isWitness: Bool { engine.membership.kind(of: engine.member.id) == .witness }

    /// By renaming. The start counter is left out: no step reads it.
    func fingerprints(_ renaming: Renaming, _ logs: LogTree) -> [UInt64] {
        let identity = engine.identity
        var hasher = StableHasher(seed: identity.content)
        var names: [Int?] = [slot]
        for name in identity.names { names.append(name.map(ModelRoot.slot(of:))) }
        func feed(_ hard: HardState, _ log: LogHandle, _ base: ModelBase?) {
            hasher.combine(hard.term.rawValue)
            hasher.combine(hard.commitHint.rawValue)
            hasher.combine(hard.largestPromise)
            hasher.combine(hard.provenThrough.rawValue)
            hasher.combine(logs.fingerprint(of: log))
            base?.feed(&hasher, logs)
            names.append(hard.votedFor.map(ModelRoot.slot(of:)))
        }
        feed(hard, disk, base)
        errands.feed(&hasher, logs)
        hasher.combine(logs.fingerprint(of: memory))
        hasher.combine(writes.count)
        for write in writes {
            hasher.combine(write.isDurable)
            if !write.isDurable { feed(write.hardState, write.log, write.base) }
        }
        hasher.combine(ghost.ledTerms)
        hasher.combine(ghost.commits.count)
        for commit in ghost.commits {
            hasher.combine(commit.term.rawValue)
            hasher.combine(logs.fingerprint(of: commit.log))
        }
        hasher.combine(ghost.granted?.term.rawValue ?? 0)
        names.append(ghost.granted?.candidate)
        hasher.combine(ghost.reads.count)
        for read in ghost.reads {
            hasher.combine(read.id)
            hasher.combine(read.sees.rawValue)
        }
        for proposal in ghost.proposals {
            hasher.combine(proposal.term.rawValue)
            hasher.combine(proposal.index.rawValue)
        }
        hasher.combine(ghost.isAmnesiac)
        hasher.combine(ghost.former.reduce(0) { $0 &+ Renaming.mix(logs.fingerprint(of: $1)) })
        hasher.combine(ghost.committedAtSuspicion.rawValue)
        var slots = identity.slots
        if ghost.suspects != 0 {
            for slot in slots.indices where ghost.suspects & 1 << slot != 0 { slots[slot] &+= 1 }
        }
        return renaming.fingerprints(content: hasher.value, names: names, slots: slots)
    }

    func describe(_ logs: LogTree) -> String {
        var text = "\(engine.role) in term \(engine.term), log [\(logs.describe(memory))]"
        if disk != memory { text += ", on disk [\(logs.describe(disk))]" }
        if let base { text += ", snapshot to \(base.index), cut to \(base.purged)" }
        text += ", commit \(engine.commitIndex)"
        if !writes.isEmpty { text += ", \(writes.count) writes under way" }
        return text
    }
}
