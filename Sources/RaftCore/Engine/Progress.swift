package import RaftMembership

/// What a leader knows of one peer (figure 2: nextIndex, matchIndex), keyed by member: a server that lost its disk
/// starts anew.
package struct Progress: Hashable, Sendable {
    package enum Mode: String, Hashable, Sendable {
        /// One request at a time, to find where the logs agree.
        case probe
        /// Pipelined within the window.
        case replicate
        /// It needs entries that are gone, and gets a snapshot.
        case snapshot
    }

    package let member: Member
    /// It gets entries and snapshots without their bodies (rule X2).
    package let isWitness: Bool
    /// Highest index known to be durable on the peer; moves only on its word (rule P1).
    package var matchIndex = LogIndex.zero
    /// The next entry to send. Always above `matchIndex` (rule P2).
    package var nextIndex: LogIndex
    package var mode = Mode.probe
    /// Numbers the attempts to replicate, from 1; an answer to an earlier one is discarded whole (rule P3).
    package var stream: UInt32 = 0
    /// Numbers the requests of the stream.
    package var sequence: UInt64 = 0
    /// In probe mode: a request is under way.
    var isProbing = false
    /// The probe's previous index was this peer's own matchIndex: a conflict then means that it lost entries.
    var probesOwnMatch = false
    /// Storage was asked for entries to send.
    var isReading = false
    /// The peer no longer has what it acknowledged: it counts in no quorum (rule L3).
    package var isSuspect = false
    /// Its disk refuses entries, by its own word (rule D4).
    package internal(set) var lacksRoom = false
    package internal(set) var inflight = Inflight()
    /// The highest read round it has confirmed (D§6.4).
    var confirmedRound: UInt64 = 0
    /// How far its log was proven to match, durable or not, by its own word.
    var acceptedIndex = LogIndex.zero
    /// The commit index it was last told.
    var toldCommit = LogIndex.zero
    /// How far a learner is on its way to a vote.
    package internal(set) var catchUp = CatchUp()
    /// Set on a server that no longer belongs: it is told so (rule M6).
    package internal(set) var departure: Departure?

    init(member: Member, isWitness: Bool = false, nextIndex: LogIndex) {
        self.member = member
        self.isWitness = isWitness
        self.nextIndex = nextIndex
    }
}

/// Rounds of catching up (D§4.2.1): each brings what the log held when it began, and one that is shorter than an election
/// timeout shows that the learner keeps up.
package struct CatchUp: Hashable, Sendable {
    /// Where the log ended when the round under way began; nil while none is.
    var roundEnd: LogIndex?
    var rounds = 0
    package internal(set) var isDone = false
}

/// A server that the configuration in effect leaves out, until it has acknowledged that this is committed.
package struct Departure: Hashable, Sendable {
    /// The configuration that leaves it out.
    var configuration: LogIndex
    var addresses: [String]
    /// Any answer to a round from this one on comes from a server that knows.
    var confirmingRound: UInt64?
}

/// The requests under way to one peer: their count and their bytes are bounded by the window, and both return to zero
/// when all is acknowledged (rule P4).
package struct Inflight: Hashable, Sendable {
    private struct Request: Hashable, Sendable {
        var lastIndex: LogIndex
        var bytes: Int
    }

    private var requests: [Request] = []
    private var head = 0
    package private(set) var bytes = 0

    package var count: Int { requests.count - head }

    mutating func add(lastIndex: LogIndex, bytes: Int) {
        requests.append(Request(lastIndex: lastIndex, bytes: bytes))
        self.bytes += bytes
    }

    /// Everything up to `index` was acknowledged.
    mutating func acknowledge(through index: LogIndex) {
        while head < requests.count, requests[head].lastIndex <= index {
            bytes -= requests[head].bytes
            head += 1
        }
        if head == requests.count {
            removeAll()
        } else if head > 32, head > requests.count / 2 {
            requests.removeFirst(head)
            head = 0
        }
    }

    mutating func removeAll() {
        requests.removeAll(keepingCapacity: true)
        head = 0
        bytes = 0
    }

    /// The last index of each request under way, oldest first.
    func forEach(_ body: (_ lastIndex: LogIndex) -> Void) {
        for request in requests[head...] { body(request.lastIndex) }
    }
}
