import RaftMembership

/// Makes events of what becomes of snapshots and of the log behind them.
struct SnapshotWatch {
    private var purged: LogIndex
    /// Their bodies are durable, and the write that names them is under way.
    private var unnamed: [SnapshotID] = []

    init(purged: LogIndex) { self.purged = purged }

    /// What a new reader is told.
    func present(_ newest: SnapshotID?) -> SnapshotEvent { SnapshotEvent(.present, newest, purged: purged) }

    mutating func note(_ event: EngineEvent) -> [SnapshotEvent] {
        switch event {
        case .snapshotTaken(let id, _):
            unnamed.append(id)
            return []
        case .snapshotFailed(let reason): return [SnapshotEvent(.failed, purged: purged, reason: reason)]
        case .snapshotOffered(let peer, let id): return [SnapshotEvent(.offered, id, purged: purged, peer: peer)]
        case .snapshotDelivered(let peer, let id): return [SnapshotEvent(.delivered, id, purged: purged, peer: peer)]
        case .snapshotInstalling(let id): return [SnapshotEvent(.received, id, purged: purged)]
        case .snapshotInstalled(let id): return [SnapshotEvent(.installed, id, purged: purged)]
        default: return []
        }
    }

    /// - Parameters:
    ///   - isNamed: no write that names a snapshot is under way: what was taken is durable, and so is the cut behind it.
    ///   - purged: the last entry that is gone from the log.
    mutating func align(isNamed: Bool, purged: LogIndex) -> [SnapshotEvent] {
        guard isNamed, !unnamed.isEmpty || purged != self.purged else { return [] }
        var events = unnamed.map { SnapshotEvent(.taken, $0, purged: self.purged) }
        unnamed = []
        if purged != self.purged {
            self.purged = purged
            events.append(SnapshotEvent(.purged, purged: purged))
        }
        return events
    }
}
