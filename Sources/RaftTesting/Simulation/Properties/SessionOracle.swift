import RaftCore
import RaftMembership

/// What must become of each command of a client session (rule W4), told from the committed log alone, by means so plain
/// that they are easily seen to be right. Nothing here is asked of the code under test but what entries say.
struct SessionOracle {
    enum Fate: Equatable {
        case executed
        /// Executed before, at this index.
        case repeated(LogIndex)
        /// Its session is not open, it was answered before, or there is no room for its result.
        case refused
    }

    private struct Session {
        var id: SessionID
        var lastUsed: UInt64
        var lowest: UInt64 = 1
        var done: [UInt64: LogIndex] = [:]
    }

    private var limits = SessionLimits()
    private var time: UInt64 = 0
    /// The last one used at the end.
    private var sessions: [Session] = []
    private var fates: [LogIndex: Fate] = [:]
    private var next = LogIndex(1)

    /// Takes in what was committed meanwhile, and tells the fate of the entry at `index`; nil for one of no session.
    mutating func fate(at index: LogIndex, in committed: [EntryBatch]) -> Fate? {
        while Int(next.rawValue) <= committed.count {
            take(committed[Int(next.rawValue) - 1])
            next = next.next
        }
        return fates[index]
    }

    private mutating func take(_ entry: EntryBatch) {
        guard let extensions = entry.extensions(at: 0), let leaderTime = extensions.leaderTime else { return }
        time = max(time, leaderTime)
        sessions.removeAll { time - $0.lastUsed > limits.timeout }
        if entry.kind(at: 0) == .session {
            switch entry.sessionOrder(at: 0) {
            case .open(let nonce, let limits):
                self.limits = limits
                while sessions.count >= limits.sessions { sessions.removeFirst() }
                sessions.append(Session(id: SessionID(index: entry.firstIndex, nonce: nonce), lastUsed: time))
            case .close(let id): sessions.removeAll { $0.id == id }
            case nil: break
            }
        } else if let call = extensions.call {
            fates[entry.firstIndex] = decide(call, at: entry.firstIndex)
        }
    }

    private mutating func decide(_ call: SessionCall, at index: LogIndex) -> Fate {
        guard let position = sessions.firstIndex(where: { $0.id == call.session }) else { return .refused }
        var session = sessions.remove(at: position)
        defer { sessions.append(session) }
        session.lastUsed = time
        session.lowest = max(session.lowest, call.lowestUnanswered)
        session.done = session.done.filter { $0.key >= session.lowest }
        if call.serial < session.lowest { return .refused }
        if let first = session.done[call.serial] { return .repeated(first) }
        guard session.done.count < limits.results else { return .refused }
        session.done[call.serial] = index
        return .executed
    }
}

extension SafetyProperties {
    func sessionFate(at index: LogIndex) -> SessionOracle.Fate? { sessions.fate(at: index, in: committed) }

    /// A machine is about to apply the command at `index`, or passes over it.
    func checkSession(at index: LogIndex, applies: Bool, _ node: NodeID) {
        guard let fate = sessionFate(at: index), let call = committedEntry(at: index)?.extensions(at: 0)?.call else {
            return
        }
        let what = "command \(call.serial) of session \(call.session)"
        switch fate {
        case .executed where !applies: fail("W4", "node \(node) passes over \(what) at \(index)")
        case .repeated(let first) where applies:
            fail("W4", "node \(node) applies \(what) at \(index), which was applied at \(first)")
        case .refused where applies:
            fail("W4", "node \(node) applies \(what) at \(index), and the session is not open or the command is over")
        case .executed: break
        case .repeated: world.coverage.add(.sessionRepeated)
        case .refused: world.coverage.add(.sessionRefused)
        }
    }

    /// The output of a command of a session: the same on every node.
    func noteOutput(_ bytes: [UInt8]?, at index: LogIndex, of node: NodeID) {
        guard let bytes else { return }
        if let known = outputs[index], known != bytes {
            fail("W4", "node \(node) has another output of entry \(index) than another node")
        }
        outputs[index] = bytes
    }
}
