import RaftCore
import RaftMembership

/// What must hold at every moment of every run (figure 3 of the paper, and the rules), seen by someone who looks at all
/// servers and all disks at once. Kept outside the engines: nothing here is asked of the code under test.
final class SafetyProperties {
    /// An entry that was once written somewhere, and the term of the one before.
    struct Known {
        var entry: EntryBatch
        var previousTerm: Term
        /// It was on the disk of a full member, which may have lost it since.
        var wasWhole = false
    }

    let world: World
    let nodes: [SimulatedNode]
    let options: ClusterOptions
    var leaders: [Term: Leadership] = [:]
    var grants: [Term: [Member: Member]] = [:]
    var known: [LogID: Known] = [:]
    /// The last request for votes of each candidate.
    var candidates: [Member: VoteRequest] = [:]
    /// By peer, the snapshot on its way to it.
    var offers: [Member: Offer] = [:]
    /// Checksums of snapshots, by position.
    var contents: [LogID: UInt32] = [:]
    /// To whom the leader of a term has handed over.
    var handovers: [Term: Member] = [:]
    /// Of the peers of the leader of a term, those that have told it last that their disks are full.
    var withoutRoom: [Term: Set<Member>] = [:]
    var clusters: [ClusterID] = []
    /// Every configuration that was ever in a log, by index.
    var configurations: [LoggedMembership] = []
    /// Everything that was ever committed, one by one from index 1 on.
    private(set) var committed: [EntryBatch] = []
    private(set) var committedTerms = TermRuns()
    /// By index, the term of the leader that committed it first: only leaders of later terms must have it (§5.4).
    private var leadersTerms = TermRuns()
    /// The last entry of which a client was told that it is committed, and was so before that client could know.
    var highestAcknowledged = LogIndex.zero
    private(set) var leaderChanges = 0
    /// The highest term that was ever led.
    private(set) var highestLedTerm = Term.zero
    /// By index, when it was committed.
    private(set) var committedAt: [Instant] = []
    var sessions = SessionOracle()
    /// Of commands of sessions, by index.
    var outputs: [LogIndex: [UInt8]] = [:]

    struct Leadership {
        var member: Member
        /// The process that won the election: a later one must win another.
        var life: Int
    }

    struct Offer {
        var leader: Member
        var term: Term
        var last: LogIndex
        /// When the peer's last answer of that term arrived.
        var heard = Instant.origin
    }

    init(world: World, nodes: [SimulatedNode], options: ClusterOptions) {
        self.world = world
        self.nodes = nodes
        self.options = options
    }

    var lastCommitted: LogIndex { LogIndex(UInt64(committed.count)) }

    func assumeCommitted(_ entry: EntryBatch) {
        noteConfigurations(in: entry)
        noteCommitted(entry, in: entry.term(at: 0))
        known[entry.id(at: 0)] = Known(entry: entry, previousTerm: .zero, wasWhole: true)
    }

    func noteCommitted(_ entry: EntryBatch, in term: Term) {
        committed.append(entry)
        committedAt.append(world.now)
        committedTerms.append(entry.id(at: 0))
        leadersTerms.append(LogID(term: max(term, leadersTerms.last.term), index: entry.firstIndex))
    }

    /// The last entry that was committed before `term`.
    func lastCommitted(before term: Term) -> LogIndex {
        guard term > .zero else { return .zero }
        return leadersTerms.lastIndex(withTermAtMost: Term(term.rawValue - 1))
    }

    func fail(_ property: String, _ what: String) { world.fail(property, what) }

    /// The first index up to `last` that was committed with another term than `terms` has there; nil when they agree.
    /// Terms never fall from one entry to the next, so that runs are equal when their ends are.
    func firstDifference(from first: LogIndex, through last: LogIndex, in terms: TermRuns) -> LogIndex? {
        let last = min(last, lastCommitted)
        // What a snapshot covers is compared at its end.
        var index = max(first, terms.base.index)
        while index <= last, let term = committedTerms.term(at: index) {
            let end = min(last, committedTerms.lastIndex(withTermAtMost: term))
            guard terms.term(at: index) == term else { return index }
            if terms.term(at: end) != term {
                while terms.term(at: index) == term { index = index.next }
                return index
            }
            index = end.next
        }
        return nil
    }

    func committedEntry(at index: LogIndex) -> EntryBatch? {
        index > .zero && index <= lastCommitted ? committed[Int(index.rawValue) - 1] : nil
    }

    func noteLeader(_ leadership: Leadership, term: Term) {
        leaders[term] = leadership
        leaderChanges += 1
        highestLedTerm = max(highestLedTerm, term)
        world.coverage.add(.leaderChanged)
    }
}
