import RaftMembership

// Streams beside that of the metrics. While nobody reads them, each costs one comparison.
extension Driver {
    func watch(_ watcher: Watcher, _ id: UInt64, _ now: Instant) {
        // What has happened by now is told to those who read already, and to the new one as how things stand.
        execute(now)
        tellWatchers()
        watchers.add(watcher, id, engine, leadership)
        if isStopped { watchers.finish() }
    }

    /// The engine's word, in its place among the effects (rule W5).
    func noteForWatchers(_ event: EngineEvent) {
        if !watchers.isEmpty { watchers.note(event, of: engine.member) }
    }

    func tellWatchers() {
        if !watchers.isEmpty { watchers.align(with: engine, leadership) }
    }

    private var leadership: RaftLeadership {
        RaftLeadership(term: engine.term, leader: leaderHint, role: role)
    }
}
