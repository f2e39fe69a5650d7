public import RaftMembership

/// Names a client session (D§6.3): the entry that opened it, and a number drawn for it.
///
/// The index alone names it within one history of a cluster. The number tells it from a session that another history has
/// at the same index, after `raftd recover` or a restored backup: a call of the one is never taken for a call of the other.
public struct SessionID: Hashable, Sendable, CustomStringConvertible {
    public var index: LogIndex
    public var nonce: UInt64

    public init(index: LogIndex, nonce: UInt64) {
        self.index = index
        self.nonce = nonce
    }

    public var description: String { "\(index)-\(String(nonce, radix: 16))" }
}

/// One command of a session: whose, which, and up to where the session has its results (D§6.3, rule W4).
public struct SessionCall: Hashable, Sendable {
    public var session: SessionID
    /// Counts the session's commands, from 1. The same for each attempt at one command.
    public var serial: UInt64
    /// The lowest serial whose result the client still waits for: results below it are dropped, and nothing below it is
    /// executed any more. Not above `serial`.
    public var lowestUnanswered: UInt64

    public init(session: SessionID, serial: UInt64, lowestUnanswered: UInt64) {
        self.session = session
        self.serial = serial
        self.lowestUnanswered = lowestUnanswered
    }

    /// Whether its numbers make sense (rule V15).
    public var isPossible: Bool {
        session.index > .zero && session.index.rawValue < wireBound && serial > 0 && serial < wireBound
            && lowestUnanswered > 0 && lowestUnanswered <= serial
    }
}

/// A session that was opened, and what it may hold.
public struct OpenedSession: Hashable, Sendable {
    public var id: SessionID
    public var limits: SessionLimits

    public init(id: SessionID, limits: SessionLimits) {
        self.id = id
        self.limits = limits
    }
}
