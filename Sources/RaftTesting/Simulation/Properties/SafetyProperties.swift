import RaftCore
import RaftMembership

/// What must hold at every moment of every run (figure 3 of the paper, and the rules), seen by someone who looks at all
/// servers and all disks at once. Kept outside the engines: nothing here is asked of the code under test.
final class SafetyProperties {
    /// An entry that was once written somewhere, and the term of the one before.
    struct Known {
        var entry: EntryBatch
        var previousTerm: Term
    }

    unowned let cluster: ClusterCore
    var leaders: [Term: Leadership] = [:]
    var grants: [Term: [Member: Member]] = [:]
    var known: [LogID: Known] = [:]
    var clusters: [ClusterID] = []
    /// Everything that was ever committed, one by one from index 1 on.
    var committed: [EntryBatch] = []
    /// The last entry of which a client was told that it is committed, and was so before that client could know.
    var highestAcknowledged = LogIndex.zero
    private(set) var leaderChanges = 0

    struct Leadership {
        var member: Member
        /// The process that won the election: a later one must win another.
        var life: Int
    }

    init(cluster: ClusterCore) { self.cluster = cluster }

    var lastCommitted: LogIndex { LogIndex(UInt64(committed.count)) }

    func assumeCommitted(_ entry: EntryBatch) {
        committed.append(entry)
        known[entry.id(at: 0)] = Known(entry: entry, previousTerm: .zero)
    }

    func fail(_ property: String, _ what: String) { cluster.world.fail(property, what) }

    func committedEntry(at index: LogIndex) -> EntryBatch? {
        index > .zero && index <= lastCommitted ? committed[Int(index.rawValue) - 1] : nil
    }

    func noteLeader(_ leadership: Leadership, term: Term) {
        leaders[term] = leadership
        leaderChanges += 1
        cluster.world.coverage.add(.leaderChanged)
    }
}
