package import RaftMembership
import RaftTracing
import Synchronization

// The mark that a node keeps apart from its data, and what members remember of one another (rule M10).
extension Driver {
    /// The mark may lag behind the log by so many nanoseconds.
    static let markLag: UInt64 = 1_000_000_000

    /// Has the mark brought up to date a while after entries became durable, and the durable term told to peers.
    func followMarks(_ now: Instant) {
        markKeeper?.arm(at: now + Self.markLag, on: environment.driverLane)
        if engine.term != toldTerm, !engine.log.isHardStatePending {
            toldTerm = engine.term
            lives.reached(engine.term)
        }
    }

    /// A peer remembers more of this node than the node does itself.
    ///
    /// It ends, for all that it is doing it does as a member that it is not; but begins another life first, so that the next
    /// start is one that others take in.
    func foundAmnesiac(by peer: NodeID, _ reason: String) {
        guard failure == nil else { return }
        let incarnation = Incarnation.drawn(environment, after: engine.member.incarnation)
        // Of what is on disk, whatever was on its way there: what is not written is not written any more.
        let recovered = recoveredHardState
        let life = NewLife(storage: storage, group: engine.group, as: incarnation) {
            [writer, inlineStorage, inlineSequence] in
            (inlineStorage ? inlineSequence.hardState : writer.hardState) ?? recovered
        }
        if inlineStorage { life.run() } else { storageLane.schedule(life) }
        fail(
            "node \(peer) refuses this node: “\(reason)”; \(NodeMark.consequence); started again, it begins another life, as "
                + "incarnation \(incarnation), and the cluster takes it in as a learner", .nodeDisowned, .amnesiac)
    }

    /// A life that came after the mark gets a mark of its own as soon as it counts for something.
    func adoptMark() {
        guard engine.membership.slot(of: engine.member) != nil else { return }
        (storage as? MarkedStorage)?.adopt()
    }

    package var life: NodeLife { lives.own }

    package func objection(to member: Member, life: NodeLife) -> String? { lives.objection(to: member, life) }

    /// What this node remembers of a member's life.
    package func lastSeen(of member: Member) -> NodeLife? { lives.lastSeen(of: member) }

    package func refusedAsAmnesiac(by peer: NodeID, _ reason: String) { post(.refusedAsAmnesiac(peer, reason)) }
}

/// Writes who this node will be, behind all that it wrote as what it was.
private final class NewLife: Runnable {
    private let storage: any LogStorage
    private let group: GroupID
    private let incarnation: Incarnation
    private let durable: @Sendable () -> HardState

    init(
        storage: any LogStorage, group: GroupID, as incarnation: Incarnation,
        after durable: @escaping @Sendable () -> HardState
    ) {
        self.storage = storage
        self.group = group
        self.incarnation = incarnation
        self.durable = durable
    }

    func run() {
        var hard = durable()
        hard.beginNewLife(as: incarnation)
        (storage as? MarkedStorage)?.suspend()
        // Should it fail, the next start is refused again, for the same reason.
        try? storage.commit([StorageBatch(group: group, hardState: hard)])
    }
}

/// The timer of the mark, on the driver's lane: one refresh at a time.
final class MarkKeeper: Runnable {
    private let storage: MarkedStorage
    private let refresh: MarkRefresh
    /// Where commits run; nil when that is the driver's own lane.
    private let lane: (any Lane)?

    init(storage: MarkedStorage, lane: any Lane, report: @escaping @Sendable (StorageReport) -> Void) {
        self.storage = storage
        self.lane = storage.commitsInstantly ? nil : lane
        refresh = MarkRefresh(storage: storage, report: report)
    }

    func arm(at instant: Instant, on driverLane: any TimedLane) {
        guard storage.isStale, refresh.begin() else { return }
        driverLane.schedule(self, at: instant)
    }

    func run() {
        if let lane { lane.schedule(refresh) } else { refresh.run() }
    }
}

/// Writes the mark, among the commits.
private final class MarkRefresh: Runnable {
    private let storage: MarkedStorage
    private let report: @Sendable (StorageReport) -> Void
    private let isUnderWay = Atomic(false)

    init(storage: MarkedStorage, report: @escaping @Sendable (StorageReport) -> Void) {
        self.storage = storage
        self.report = report
    }

    /// False while the one before has not ended.
    func begin() -> Bool { !isUnderWay.exchange(true, ordering: .acquiringAndReleasing) }

    func run() {
        do {
            try storage.refresh()
        } catch {
            report(.failed(error))
        }
        isUnderWay.store(false, ordering: .releasing)
    }
}
