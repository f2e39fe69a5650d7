public import RaftMembership

/// What went wrong with a call on `Raft`, and for a proposal, what became of it.
///
/// A proposal ends in one of three ways (rule W1): committed, and then the call returns its output; *rejected*: it was
/// never appended and may be proposed again; *unknown*: it may or may not be applied. `outcome` tells the latter two
/// apart.
public struct RaftError: Error, Sendable, CustomStringConvertible {
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        public let description: String

        /// Another server leads, or none does; `leader` says which, when known. Rejected.
        public static let notLeader = Code(description: "notLeader")
        /// A queue is full: try again later. Rejected.
        public static let overloaded = Code(description: "overloaded")
        /// A disk is full, the leader's or those of too many others: free space, and it takes proposals again by itself
        /// (rule D4). Rejected.
        public static let diskFull = Code(description: "diskFull")
        /// The proposal was meant for another term (see `Raft.propose(_:ifTermIs:)`). Rejected.
        public static let termChanged = Code(description: "termChanged")
        /// What was waited for did not come in time.
        public static let timedOut = Code(description: "timedOut")
        /// The command exceeds `RaftConfiguration.maximumCommandBytes`. Rejected.
        public static let tooLarge = Code(description: "tooLarge")
        /// The node belongs to no cluster yet. Rejected.
        public static let notFormed = Code(description: "notFormed")
        /// Leadership or the node was lost after the proposal was appended. Unknown.
        public static let unknown = Code(description: "unknown")
        /// The machine refused the command, or could not decode it; it changed nothing. Committed.
        public static let refused = Code(description: "refused")
        /// The node is shutting down or was shut down. Rejected.
        public static let stopped = Code(description: "stopped")
        /// The node stopped itself: its storage or its machine failed, or a peer broke the protocol.
        public static let failed = Code(description: "failed")
        /// The node stopped itself: a peer saw it further on than its data is, so that it may have voted or acknowledged
        /// what it no longer has (rule M10).
        public static let amnesiac = Code(description: "amnesiac")
        /// The cluster cannot be formed from these members (rule M9).
        public static let formation = Code(description: "formation")
        /// The membership cannot be changed in that way, or not now; nothing was appended. Rejected.
        public static let changeRefused = Code(description: "changeRefused")
        /// No snapshot was taken; the node works on. Rejected.
        public static let snapshotFailed = Code(description: "snapshotFailed")
        /// Leadership was not handed over. Rejected.
        public static let transferFailed = Code(description: "transferFailed")
        /// This node was removed from the cluster. Rejected.
        public static let removed = Code(description: "removed")
        /// A read on a follower was not confirmed by the leader in time, or the follower is too far behind. Rejected.
        public static let unconfirmed = Code(description: "unconfirmed")
        /// What the node has is older than the read allows. Rejected.
        public static let tooStale = Code(description: "tooStale")
        /// The client session is not open, or not any more, or the command's result was acknowledged: the command was not
        /// executed (rule W4). Rejected; but an earlier attempt at the same command may have been applied.
        public static let sessionExpired = Code(description: "sessionExpired")
        /// The configuration is impossible.
        public static let configuration = Code(description: "configuration")
    }

    public enum Outcome: Hashable, Sendable {
        /// Never appended.
        case rejected
        /// May or may not be, or become, applied.
        case unknown
        /// Applied; the machine refused it.
        case committed
    }

    public var code: Code
    /// One line: what happened and what to do.
    public var message: String
    /// Who leads, when the error is `notLeader` and it is known.
    public var leader: LeaderHint?

    public init(_ code: Code, _ message: String, leader: LeaderHint? = nil) {
        self.code = code
        self.message = message
        self.leader = leader
    }

    /// What became of the proposal that failed with this error.
    public var outcome: Outcome {
        switch code {
        case .unknown, .failed, .amnesiac: .unknown
        case .refused: .committed
        default: .rejected
        }
    }

    public var description: String { message }

    static func tooStale(age: UInt64?) -> RaftError {
        let age = age.map { "what this node has was current \($0 / 1_000_000) ms ago, which is longer than allowed" }
        return RaftError(
            .tooStale,
            "\(age ?? "no leader has confirmed yet how old it is what this node has"): ask again, or another node")
    }
}

/// Where the leader is.
public struct LeaderHint: Hashable, Sendable {
    public var id: NodeID
    /// Where its clients reach it; empty when it never said.
    public var clientAddresses: [String]

    public init(id: NodeID, clientAddresses: [String] = []) {
        self.id = id
        self.clientAddresses = clientAddresses
    }
}
