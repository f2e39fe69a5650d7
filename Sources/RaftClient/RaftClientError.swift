public import RaftCore

/// Why a call of a client failed, and for a proposal, what became of it (rule W1).
public struct RaftClientError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong. Codes up to 127 come from a node; those above arise in the client.
    public struct Code: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Another server leads, or none does.
        public static let notLeader = Code(rawValue: 1)
        /// A queue is full: try again later.
        public static let overloaded = Code(rawValue: 2)
        /// The command, the query or its answer exceeds what a frame may hold.
        public static let tooLarge = Code(rawValue: 3)
        /// The node belongs to no cluster yet.
        public static let notFormed = Code(rawValue: 4)
        /// Leadership or the node was lost after the proposal was appended.
        public static let unknown = Code(rawValue: 5)
        /// The machine refused the command or the query; nothing changed.
        public static let refused = Code(rawValue: 6)
        /// The node is shutting down.
        public static let stopped = Code(rawValue: 7)
        /// The node stopped itself: its storage or its machine failed, or a peer broke the protocol.
        public static let failed = Code(rawValue: 8)
        /// The cluster cannot be formed from these members (rule M9).
        public static let formation = Code(rawValue: 9)
        /// The configuration is impossible.
        public static let configuration = Code(rawValue: 10)
        /// The node does not know this kind of request or consistency.
        public static let notSupported = Code(rawValue: 11)

        /// The membership cannot be changed in that way, or not now; nothing was appended.
        public static let changeRefused = Code(rawValue: 12)
        /// Leadership was not handed over.
        public static let transferFailed = Code(rawValue: 13)
        /// No snapshot was taken; the node works on.
        public static let snapshotFailed = Code(rawValue: 15)
        /// The node was removed from its cluster.
        public static let removed = Code(rawValue: 14)
        /// The client session is not open, or not any more, or the command's result was acknowledged: nothing was
        /// executed (rule W4).
        public static let sessionExpired = Code(rawValue: 20)

        /// A follower's read was not confirmed by the leader in time, or the follower is too far behind.
        public static let unconfirmed = Code(rawValue: 16)
        /// What the node has is older than the query allows.
        public static let tooStale = Code(rawValue: 17)

        /// A disk is full, the leader's or those of too many others; nothing was appended (rule D4).
        public static let diskFull = Code(rawValue: 21)

        /// No endpoint could be reached, or none that leads, within the time-out.
        public static let unreachable = Code(rawValue: 128)
        /// The connection ended before the answer.
        public static let connectionLost = Code(rawValue: 129)
        /// No answer within the time-out.
        public static let timedOut = Code(rawValue: 130)
        /// The task that called was cancelled.
        public static let cancelled = Code(rawValue: 131)
        /// The other side does not speak the client protocol, or not as it should.
        public static let protocolBroken = Code(rawValue: 132)
        /// The client was closed.
        public static let closed = Code(rawValue: 133)

        public var description: String {
            switch self {
            case .notLeader: "notLeader"
            case .overloaded: "overloaded"
            case .tooLarge: "tooLarge"
            case .notFormed: "notFormed"
            case .unknown: "unknown"
            case .refused: "refused"
            case .stopped: "stopped"
            case .failed: "failed"
            case .formation: "formation"
            case .configuration: "configuration"
            case .notSupported: "notSupported"
            case .changeRefused: "changeRefused"
            case .transferFailed: "transferFailed"
            case .snapshotFailed: "snapshotFailed"
            case .removed: "removed"
            case .unconfirmed: "unconfirmed"
            case .tooStale: "tooStale"
            case .sessionExpired: "sessionExpired"
            case .diskFull: "diskFull"
            case .unreachable: "unreachable"
            case .connectionLost: "connectionLost"
            case .timedOut: "timedOut"
            case .cancelled: "cancelled"
            case .protocolBroken: "protocolBroken"
            case .closed: "closed"
            default: "code \(rawValue)"
            }
        }
    }

    public var code: Code
    /// What became of the proposal. For queries `rejected` and `unknown` mean the same: no answer.
    public var outcome: RaftError.Outcome
    /// One line: what happened and what to do.
    public var message: String
    /// Who leads, as the node that answered knows it.
    public var leader: LeaderHint?
    public var description: String { message }

    public init(_ code: Code, _ outcome: RaftError.Outcome, _ message: String, leader: LeaderHint? = nil) {
        self.code = code
        self.outcome = outcome
        self.message = message
        self.leader = leader
    }

    /// What a node tells a client of an error of its own.
    package init(_ error: RaftError) {
        let code: Code =
            switch error.code {
            case .notLeader: .notLeader
            case .overloaded: .overloaded
            case .tooLarge: .tooLarge
            case .notFormed: .notFormed
            case .unknown: .unknown
            case .refused: .refused
            case .stopped: .stopped
            case .failed: .failed
            case .formation: .formation
            case .configuration: .configuration
            case .changeRefused: .changeRefused
            case .transferFailed: .transferFailed
            case .snapshotFailed: .snapshotFailed
            case .removed: .removed
            case .unconfirmed: .unconfirmed
            case .tooStale: .tooStale
            case .sessionExpired: .sessionExpired
            case .diskFull: .diskFull
            // The outcome, which is told apart, says what the client may do.
            default: error.outcome == .unknown ? .unknown : .failed
            }
        self.init(code, error.outcome, error.message, leader: error.leader)
    }
}
