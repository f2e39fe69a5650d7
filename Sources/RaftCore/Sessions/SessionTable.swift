package import RaftMembership

/// What came of a command, kept until the client has it.
package struct SessionResult: Hashable, Sendable {
    package enum Outcome: Hashable, Sendable {
        /// The machine's output, encoded.
        case output([UInt8])
        /// The machine refused the command, or could not decode it (rule C7); why.
        case refused(String)
        /// The command was applied, and its output could not be encoded; why.
        case lost(String)
    }

    package var serial: UInt64
    /// Where in the log the command is.
    package var index: LogIndex
    package var outcome: Outcome

    /// What it counts for against the limit.
    var size: Int {
        switch outcome {
        case .output(let bytes): bytes.count
        case .refused(let text), .lost(let text): text.utf8.count
        }
    }
}

/// Why a command of a session is not executed.
package enum SessionRefusal: Hashable, Sendable {
    /// The session is not open, or not any more.
    case expired
    /// The client said that it does not wait for this serial.
    case answered
    /// The session keeps as many results as it may.
    case full
}

/// All client sessions of a group (D§6.3, rule W4): a part of the replicated state, beside the machine.
///
/// A pure value that is changed by log entries only, so that it is the same on every node at the same index. Sessions are
/// linked in the order of their last use, which is that of their expiry; every change takes the same time however many
/// there are.
package struct SessionTable: Sendable {
    struct Session: Sendable {
        var nonce: UInt64
        /// On the leaders' clock.
        var lastUsed: UInt64
        /// Below it there are no results, and nothing is executed.
        var lowestUnanswered: UInt64 = 1
        /// In the order of their serials.
        var results: [SessionResult] = []
        var resultBytes = 0
        /// Neighbours in the order of last use, by index; zero at the ends.
        var older = LogIndex.zero
        var newer = LogIndex.zero
    }

    package private(set) var limits = SessionLimits()
    /// The latest leader's time in the log.
    package private(set) var time: UInt64 = 0
    private var sessions: [LogIndex: Session] = [:]
    private var oldest = LogIndex.zero
    private var newest = LogIndex.zero

    package init() {}

    package var count: Int { sessions.count }

    /// Nothing was ever done with it.
    var isInitial: Bool { time == 0 && sessions.isEmpty }

    // MARK: Changes, each by one entry of the log

    package enum Verdict: Hashable, Sendable {
        /// Apply it, and `record` what comes of it.
        case execute
        /// It was applied before, and this came of it.
        case repeated(SessionResult)
        case refused(SessionRefusal)
    }

    /// The leader's time of an entry. It never runs back, whichever leaders there were.
    /// - Returns: how many sessions have expired.
    package mutating func advance(to leaderTime: UInt64) -> Int {
        time = max(time, leaderTime)
        var expired = 0
        while let session = sessions[oldest], time - session.lastUsed > limits.timeout {
            remove(oldest)
            expired += 1
        }
        return expired
    }

    /// Opens the session of the entry at `index`. Its limits hold for all sessions from now on.
    /// - Returns: how many sessions have expired to make room.
    package mutating func open(at index: LogIndex, nonce: UInt64, _ limits: SessionLimits) -> Int {
        self.limits = limits
        var expired = 0
        while sessions.count >= limits.sessions {
            remove(oldest)
            expired += 1
        }
        sessions[index] = Session(nonce: nonce, lastUsed: time)
        link(index)
        return expired
    }

    package mutating func close(_ id: SessionID) {
        if sessions[id.index]?.nonce == id.nonce { remove(id.index) }
    }

    /// Decides on a command, and drops what the client has said to have.
    package mutating func begin(_ call: SessionCall) -> Verdict {
        let index = call.session.index
        guard var session = sessions[index], session.nonce == call.session.nonce else { return .refused(.expired) }
        // The array is changed in place.
        sessions[index]?.results = []
        session.lastUsed = time
        if call.lowestUnanswered > session.lowestUnanswered {
            session.lowestUnanswered = call.lowestUnanswered
            var gone = 0
            while gone < session.results.count, session.results[gone].serial < call.lowestUnanswered {
                session.resultBytes -= session.results[gone].size
                gone += 1
            }
            session.results.removeFirst(gone)
        }
        let verdict = verdict(on: call.serial, in: session)
        sessions[index] = session
        // The last one used is newest already.
        if newest != index {
            unlink(index)
            link(index)
        }
        return verdict
    }

    private func verdict(on serial: UInt64, in session: Session) -> Verdict {
        if serial < session.lowestUnanswered { return .refused(.answered) }
        if let known = session.results.last(where: { $0.serial <= serial }), known.serial == serial {
            return .repeated(known)
        }
        guard session.results.count < limits.results, session.resultBytes < limits.resultBytes else {
            return .refused(.full)
        }
        return .execute
    }

    /// What came of a command that was to be executed.
    package mutating func record(_ result: SessionResult, of call: SessionCall) {
        let index = call.session.index
        guard sessions[index] != nil else { return }
        let place = sessions[index]?.results.lastIndex { $0.serial <= result.serial }
        if let place, sessions[index]?.results[place].serial == result.serial {
            sessions[index]?.results[place] = result
        } else {
            sessions[index]?.results.insert(result, at: (place ?? -1) + 1)
            sessions[index]?.resultBytes += result.size
        }
    }

    // MARK: The order of last use

    private mutating func link(_ index: LogIndex) {
        sessions[index]?.older = newest
        sessions[index]?.newer = .zero
        sessions[newest]?.newer = index
        if oldest == .zero { oldest = index }
        newest = index
    }

    private mutating func unlink(_ index: LogIndex) {
        guard let session = sessions[index] else { return }
        if session.older == .zero { oldest = session.newer } else { sessions[session.older]?.newer = session.newer }
        if session.newer == .zero { newest = session.older } else { sessions[session.newer]?.older = session.older }
    }

    private mutating func remove(_ index: LogIndex) {
        unlink(index)
        sessions[index] = nil
    }

    // MARK: For its record

    /// From the one that was not used for longest to the last one used.
    func forEach(_ body: (LogIndex, Session) -> Void) {
        var index = oldest
        while let session = sessions[index] {
            body(index, session)
            index = session.newer
        }
    }

    init(limits: SessionLimits, time: UInt64) {
        self.limits = limits
        self.time = time
    }

    /// Puts a session behind the others.
    /// - Returns: false when it cannot be.
    mutating func restore(_ session: Session, at index: LogIndex) -> Bool {
        guard index > .zero, sessions[index] == nil, session.lastUsed <= time,
            session.lastUsed >= sessions[newest]?.lastUsed ?? 0
        else { return false }
        sessions[index] = session
        link(index)
        return true
    }
}
