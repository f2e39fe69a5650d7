import RaftMembership
import Synchronization

/// The leaders' time that goes into entries of sessions: it goes on from where the log left it, at the pace of the clock of
/// whoever leads. It stands still while nobody leads, so that no session expires because of that.
struct SessionClock {
    private var term = Term.zero
    private var base: UInt64 = 0
    private var since = Instant.origin

    /// - Parameters:
    ///   - term: that of the leader who asks.
    ///   - applied: the latest leader's time among the entries that were applied. Those before it in the log and not yet
    ///     applied may say more: what is said here counts for no less then (see `SessionTable.advance`).
    mutating func time(at now: Instant, in term: Term, applied: UInt64) -> UInt64 {
        if term != self.term || applied > base + (now - since) {
            self.term = term
            base = max(applied, 1)
            since = now
        }
        return min(base + (now - since), wireBound - 1)
    }
}

/// What the applier tells the driver of sessions. Any thread.
package final class SessionGauge: Sendable {
    private let sessions = Atomic<Int>(0)
    private let leaderTime = Atomic<UInt64>(0)

    package init() {}

    /// Sessions that are open.
    package var count: Int { sessions.load(ordering: .relaxed) }
    var time: UInt64 { leaderTime.load(ordering: .relaxed) }

    func show(_ table: SessionTable) {
        sessions.store(table.count, ordering: .relaxed)
        leaderTime.store(table.time, ordering: .relaxed)
    }
}
