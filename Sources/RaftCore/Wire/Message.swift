public import RaftMembership
package import RaftTracing

/// A message between two members, as a transport sees it: who, to whom, and how it wants to be carried.
public struct Envelope: Hashable, Sendable {
    public var group: GroupID
    public var from: Member
    /// A transport delivers only to this very member; incarnation `unknown` fits any.
    public var to: Member
    package var message: Message
    /// What has caused it, where that is recorded.
    package var trace: TraceContext?

    package init(group: GroupID, from: Member, to: Member, message: Message, trace: TraceContext? = nil) {
        self.trace = trace
        self.group = group
        self.from = from
        self.to = to
        self.message = message
    }

    /// May travel on a connection whose ends do not share a cluster identity (rule M9).
    public var isFormation: Bool {
        switch message {
        case .formationQuery, .formationAnswer, .adopt: true
        default: false
        }
    }

    /// Goes before bulk data where a transport has lanes (rule P6).
    public var isUrgent: Bool {
        switch message {
        case .appendEntries, .installSnapshot: false
        default: true
        }
    }
}

/// What members say to one another. Names and fields follow the paper (figure 2); what the dissertation or the rules add
/// is said at the field.
package enum Message: Hashable, Sendable {
    case voteRequest(VoteRequest)
    case voteReply(VoteReply)
    case appendEntries(AppendEntries)
    case appendReply(AppendReply)
    case heartbeat(Heartbeat)
    case heartbeatReply(HeartbeatReply)
    indirect case installSnapshot(InstallSnapshot)
    case installSnapshotReply(InstallSnapshotReply)
    case timeoutNow(TimeoutNow)
    case removed(Removed)
    case readIndex(ReadIndex)
    case readIndexReply(ReadIndexReply)
    case logDamaged(LogDamaged)
    case formationQuery(FormationQuery)
    case formationAnswer(FormationAnswer)
    case adopt(Adopt)

    package var name: String {
        switch self {
        case .voteRequest(let request): request.isPreVote ? "PreVoteRequest" : "VoteRequest"
        case .voteReply(let reply): reply.isPreVote ? "PreVoteReply" : "VoteReply"
        case .appendEntries: "AppendEntries"
        case .appendReply: "AppendReply"
        case .heartbeat: "Heartbeat"
        case .heartbeatReply: "HeartbeatReply"
        case .installSnapshot: "InstallSnapshot"
        case .installSnapshotReply: "InstallSnapshotReply"
        case .timeoutNow: "TimeoutNow"
        case .removed: "Removed"
        case .readIndex: "ReadIndex"
        case .readIndexReply: "ReadIndexReply"
        case .logDamaged: "LogDamaged"
        case .formationQuery: "FormationQuery"
        case .formationAnswer: "FormationAnswer"
        case .adopt: "Adopt"
        }
    }
}

/// RequestVote (§5.2), and its dry run before (D§9.6).
package struct VoteRequest: Hashable, Sendable {
    /// The term asked for; in a pre-vote the sender has not entered it.
    package var term: Term
    /// The sender's campaign: a late reply to an earlier one counts nowhere (rule V5).
    package var round: UInt64
    package var isPreVote: Bool
    /// Where the sender's log ends (§5.4.1).
    package var last: LogID
    /// The term whose leader hands over to the sender (D§3.10); zero for an election of its own. Voters in that term or
    /// below do not hold on to their leader then (rule T2).
    package var transferredFrom = Term.zero
}

package struct VoteReply: Hashable, Sendable {
    /// The voter's term.
    package var term: Term
    /// What the request asked for, repeated (rule V5).
    package var askedTerm: Term
    package var round: UInt64
    package var isPreVote: Bool
    package var isGranted: Bool
}

/// AppendEntries with entries, or without as a probe (§5.3).
package struct AppendEntries: Hashable, Sendable {
    package var term: Term
    /// The leader's attempt to replicate to this peer; begun anew after each loss (rule P3).
    package var stream: UInt32
    /// Counts the requests of a stream.
    package var sequence: UInt64
    /// prevLogTerm, prevLogIndex.
    package var previous: LogID
    package var leaderCommit: LogIndex
    package var entries: EntryBatch
}

package struct AppendReply: Hashable, Sendable {
    package enum Outcome: Hashable, Sendable {
        /// The log matches the leader's and is durable up to here *now* (rule L10).
        case matched(LogIndex)
        /// The entry before is missing or of another term: look again at or below `hint` (§5.3, rule L6).
        case conflict(hint: LogID)
    }
    package var term: Term
    package var stream: UInt32
    package var sequence: UInt64
    package var outcome: Outcome
    /// For so many nanoseconds, from its receipt of the request on, the sender votes for nobody else (rule R4); zero when it
    /// promises nothing.
    package var promise: UInt64 = 0
    /// The sender's disk refuses entries (rule D4).
    package var lacksRoom = false
}

/// AppendEntries without entries, in a lane of its own (rules L3, P6).
package struct Heartbeat: Hashable, Sendable {
    package var term: Term
    package var stream: UInt32
    /// The peer's matchIndex and its term.
    package var previous: LogID
    /// At most `previous.index`.
    package var leaderCommit: LogIndex
    /// The confirmation round of ReadIndex (D§6.4), fresh for each (rule R2).
    package var round: UInt64
}

package struct HeartbeatReply: Hashable, Sendable {
    package var term: Term
    package var stream: UInt32
    package var round: UInt64
    /// False when the sender no longer has what it acknowledged (rules L3, M10).
    package var hasMatch: Bool
    /// How far the sender's log was proven to match, durable or not: tells lost requests from a slow disk.
    package var accepted: LogIndex
    /// How far it is durable too (rule L10).
    package var matched: LogIndex
    /// As in an AppendReply.
    package var promise: UInt64 = 0
    package var lacksRoom = false
}

/// "Entries after this cannot be read here": the answer to a request that builds on them (rule D3).
package struct LogDamaged: Hashable, Sendable {
    package var term: Term
    package var stream: UInt32
    /// The last entry before the damage.
    package var intact: LogID
    /// The sender's own snapshot is lost: one at least as late must come first. Zero when it is there.
    package var lostSnapshot: LogIndex
}

/// InstallSnapshot (§7, figure 13): a chunk of a snapshot's body, or, without bytes, the offer of it.
package struct InstallSnapshot: Hashable, Sendable {
    package var term: Term
    /// The leader's attempt to replicate to this peer (rule P3).
    package var stream: UInt32
    /// lastIncludedIndex, lastIncludedTerm, the configuration, and what tells its body from any other (rule S1).
    package var snapshot: Snapshot
    /// Where in the body the bytes belong.
    package var offset: UInt64
    package var bytes: [UInt8]
}

package struct InstallSnapshotReply: Hashable, Sendable {
    package enum Outcome: Hashable, Sendable {
        /// The body is written up to here; all of it while it is being installed.
        case wants(UInt64)
        /// The machine has the state, or had it already: durable up to here (rules S2, S3).
        case installed(LogIndex)
    }
    package var term: Term
    package var stream: UInt32
    package var snapshot: SnapshotID
    package var outcome: Outcome
}

/// "Campaign at once": the leader hands over (D§3.10).
package struct TimeoutNow: Hashable, Sendable {
    package var term: Term
    /// Where the leader's log ends: the receiver has all of it (rule T2).
    package var last: LogID
}

/// "A committed configuration leaves you out" (rule M6).
package struct Removed: Hashable, Sendable {
    package var configuration: LogID
}

/// "Up to where must I have applied, to read what is committed now?" (D§6.4): asked once for all reads that wait (rule R7).
package struct ReadIndex: Hashable, Sendable {
    package var term: Term
    /// Which start of the sender it is, and which question of that start: an answer counts for this one only (rule R2).
    package var start: UInt64
    package var number: UInt64
    /// The sender's own clock, which is repeated in the answer: what is read by it is at most so old.
    package var asked: Instant
}

package struct ReadIndexReply: Hashable, Sendable {
    package var term: Term
    package var start: UInt64
    package var number: UInt64
    package var asked: Instant
    /// The commit index when the question came; a quorum has confirmed since that the sender led then. Nil: it does not lead.
    package var index: LogIndex?
}

/// "Are you pristine?" (rule M9).
package struct FormationQuery: Hashable, Sendable {
    package var nonce: UInt64
}

package struct FormationAnswer: Hashable, Sendable {
    package var nonce: UInt64
    /// Nil: pristine, and the envelope names the incarnation.
    package var cluster: ClusterID?
}

/// "You are this member of this cluster": believed by a pristine member of just that incarnation only (rule M9).
package struct Adopt: Hashable, Sendable {
    package var cluster: ClusterID
}
