import RaftMembership

/// A small generator of random numbers (SplitMix64): the engine's only source of chance, seeded by its environment.
package struct RandomNumbers: Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    package mutating func next(in range: ClosedRange<UInt64>) -> UInt64 {
        let width = range.upperBound - range.lowerBound
        return width == .max ? next() : range.lowerBound + next() % (width + 1)
    }
}

/// Deadlines, last-heard times and chance: all of the engine that depends on time. Outside its identity, so that states
/// that differ only in time are the same state to a model checker, which lets any deadline fire.
package struct Times: Sendable {
    struct Peer: Sendable {
        var lastHeard: Instant?
        /// When a probe that was not answered may be repeated.
        var probeAgain = Instant.origin
        /// Doubles with every probe that stays unanswered (rule P5).
        var probeBackoff: UInt64 = 0
        /// Doubles with every loss that was noticed without progress since.
        var lossPatience: UInt64 = 0
        /// Since when the peer has reported the same accepted index with more under way.
        var stalledSince: Instant?
        /// When the round of catching up began (D§4.2.1), or the learner last made progress in it.
        var roundStart = Instant.origin
        var advanced = Instant.origin
        /// When a server that left is given up, whether it knows or not (rule M6).
        var departBy = Instant.distantFuture
        /// When the throttle lets the next chunk of a snapshot go.
        var nextChunk = Instant.origin
        /// A heartbeat, and an AppendEntries request, that were sent and not answered: by them the lease is renewed (rule R4).
        var beat: Sent?
        var request: Sent?
        /// When the last of what it acknowledged was sent, at the earliest, and for how long it promised to vote for nobody
        /// else then.
        var acknowledged: Instant?
        var promise: UInt64 = 0
        /// From a heartbeat to its answer, the last one, in nanoseconds.
        var roundTrip: UInt64?
        /// How many were measured.
        var roundTrips: UInt64 = 0
    }

    /// A message by its number, and when that number was first used.
    struct Sent: Sendable {
        var number: UInt64
        var at: Instant
    }

    /// What a leader has confirmed to this follower: all that was committed at `asked`, by this server's clock, is at or
    /// below the index.
    struct Confirmation: Sendable {
        var asked: Instant
        var index: LogIndex
    }

    /// A write that storage has not answered.
    struct Write: Sendable {
        var id: WriteID
        var submitted: Instant
    }

    var random: RandomNumbers
    /// When the present step began.
    var now = Instant.origin
    /// Writes under way, oldest first.
    var writes: [Write] = []
    /// Election timeouts that have passed since a leader was heard from.
    var electionTimeouts: UInt64 = 0
    /// When a follower or candidate starts a campaign.
    var election = Instant.distantFuture
    /// When a leader sends its next heartbeats.
    var heartbeat = Instant.distantFuture
    /// When a leader whose commit index moved tells idle peers of it.
    var commitNotice = Instant.distantFuture
    /// When formation queries are repeated.
    var formation = Instant.distantFuture
    /// When proposals left over from a lost leadership end as unknown (rule W2).
    var waiters = Instant.distantFuture
    /// When a change of membership that waits is looked at again.
    var change = Instant.distantFuture
    /// When a transfer of leadership has taken too long (rule T1).
    var transfer = Instant.distantFuture
    /// When the policy by time asks for a snapshot.
    var snapshot = Instant.distantFuture
    /// When a transfer that the throttle holds up goes on.
    var transfers = Instant.distantFuture
    /// When this follower last heard from the leader of its term (rule V9).
    var lastLeaderContact: Instant?
    /// Until then this voter votes for nobody else: it promised so to the leader of `promiseTerm` (rule R4).
    var promiseEnds = Instant.origin
    var promiseTerm = Term.zero
    /// Until then a promise from before this start may hold (rule R6).
    var abstainsUntil = Instant.origin
    /// When reads that ask the leader are asked for again.
    var followerReads = Instant.distantFuture
    /// The last confirmation whose index is ordered to be applied, and a later one whose index is not (rule R7).
    var visible: Confirmation?
    var coming: Confirmation?
    /// When a full disk is asked again whether it has room (rule D4).
    var disk = Instant.distantFuture
    /// Doubles each time that it has none.
    var diskBackoff: UInt64 = 0
    /// By slot, on a leader.
    var peers: [Peer] = []

    init(seed: UInt64) { random = RandomNumbers(seed: seed) }

    var next: Instant {
        min(
            min(min(election, heartbeat), min(commitNotice, formation)),
            min(min(waiters, min(followerReads, disk)), min(min(change, transfer), min(snapshot, transfers))))
    }
}

extension Times: Hashable {
    package static func == (lhs: Times, rhs: Times) -> Bool { true }
    package func hash(into hasher: inout Hasher) {}
}
