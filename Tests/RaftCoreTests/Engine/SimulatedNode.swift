import RaftCore
import RaftMembership

/// One server: an engine while it runs, its disk, its machine and the callers that wait on it.
final class SimulatedNode {
    enum Order {
        case apply(through: LogIndex)
        case read(ReadID)
    }

    struct PendingWrite {
        var batch: StorageBatch
        var id: WriteID
    }

    struct Waiter {
        var id: LogID
        var proposal: Int
    }

    let index: Int
    let member: Member
    var disk: SimulatedDisk
    /// Nil while the server is down.
    var engine: RaftEngine?
    /// Counts the starts: what was set off in an earlier life is lost.
    var life = 0
    /// The identity that the transport shows to peers.
    var announcedCluster: ClusterID?
    var fenceReason: String?

    // The disk's queue.
    var pendingWrites: [PendingWrite] = []
    var writesUnderWay = 0
    var isSlow = false

    // The machine.
    var orders: [Order] = []
    var isApplying = false
    var applied: [EntryBatch] = []

    // Callers.
    var proposed: [Int] = []
    var waiters: [Waiter] = []
    var reads: [ReadID: LogIndex] = [:]
    var bootstrapResults: [FormationProgress] = []

    // What the properties need to know of the step before.
    var armed = Instant.distantFuture
    var lastCommit = LogIndex.zero
    var commitBeforeStep = LogIndex.zero
    var lastFlushed = LogIndex.zero
    var lastRole = EngineRole.follower
    var lastTerm = Term.zero

    init(index: Int, member: Member, disk: SimulatedDisk) {
        self.index = index
        self.member = member
        self.disk = disk
    }

    var isUp: Bool { engine != nil }
    var isLeader: Bool { engine?.role == .leader }
}
