import RaftMembership

/// Who is to be told, and of what.
enum Watcher: Sendable {
    case leadership(AsyncStream<RaftLeadership>.Continuation)
    case membership(AsyncStream<NumberedEvent<MembershipEvent>>.Continuation)
    case snapshots(AsyncStream<NumberedEvent<SnapshotEvent>>.Continuation)

    func finish() {
        switch self {
        case .leadership(let continuation): continuation.finish()
        case .membership(let continuation): continuation.finish()
        case .snapshots(let continuation): continuation.finish()
        }
    }
}

/// Readers of the streams beside that of the metrics, and what they know. Each part stands only while somebody reads it.
struct Watchers {
    private var leadership: [(id: UInt64, continuation: AsyncStream<RaftLeadership>.Continuation)] = []
    private var toldLeadership: RaftLeadership?
    private var membership: [EventReader<MembershipEvent>] = []
    private var membershipWatch: MembershipWatch?
    private var snapshots: [EventReader<SnapshotEvent>] = []
    private var snapshotWatch: SnapshotWatch?

    var isEmpty: Bool { leadership.isEmpty && membershipWatch == nil && snapshotWatch == nil }

    /// Told how things stand first. What the others are to know, they know by then.
    mutating func add(_ watcher: Watcher, _ id: UInt64, _ engine: RaftEngine, _ state: RaftLeadership) {
        switch watcher {
        case .leadership(let continuation):
            continuation.yield(state)
            // Kept where others read already: it is what they know.
            if leadership.isEmpty { toldLeadership = state }
            leadership.append((id, continuation))
        case .membership(let continuation):
            var reader = EventReader(id: id, continuation)
            let watch = membershipWatch ?? MembershipWatch(engine.configurations)
            for event in watch.present { reader.yield(event) }
            membershipWatch = watch
            membership.append(reader)
        case .snapshots(let continuation):
            var reader = EventReader(id: id, continuation)
            let watch = snapshotWatch ?? SnapshotWatch(purged: engine.log.base.index)
            reader.yield(watch.present(engine.snapshots.newest?.id))
            snapshotWatch = watch
            snapshots.append(reader)
        }
    }

    mutating func remove(_ id: UInt64) {
        leadership.removeAll { $0.id == id }
        membership.removeAll { $0.id == id }
        snapshots.removeAll { $0.id == id }
        if membership.isEmpty { membershipWatch = nil }
        if snapshots.isEmpty { snapshotWatch = nil }
    }

    /// The engine tells of something.
    mutating func note(_ event: EngineEvent, of member: Member) {
        if membershipWatch != nil { tell(membershipWatch?.note(event, of: member) ?? []) }
        if snapshotWatch != nil { tell(snapshotWatch?.note(event) ?? []) }
    }

    /// The effects of a turn are carried out: what has changed without a word is told as well (rule W5).
    mutating func align(with engine: RaftEngine, _ state: RaftLeadership) {
        if !leadership.isEmpty, state != toldLeadership {
            toldLeadership = state
            for reader in leadership { reader.continuation.yield(state) }
        }
        if membershipWatch != nil { tell(membershipWatch?.align(with: engine.configurations) ?? []) }
        if snapshotWatch != nil {
            tell(
                snapshotWatch?.align(isNamed: engine.snapshots.naming == nil, purged: engine.log.base.index) ?? [])
        }
    }

    private mutating func tell(_ events: [MembershipEvent]) {
        for event in events {
            for reader in membership.indices { membership[reader].yield(event) }
        }
    }

    private mutating func tell(_ events: [SnapshotEvent]) {
        for event in events {
            for reader in snapshots.indices { snapshots[reader].yield(event) }
        }
    }

    /// The node ends.
    mutating func finish() {
        for reader in leadership { reader.continuation.finish() }
        for reader in membership { reader.continuation.finish() }
        for reader in snapshots { reader.continuation.finish() }
        self = Watchers()
    }
}
