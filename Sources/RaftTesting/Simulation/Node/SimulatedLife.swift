import RaftCore
import RaftMembership

/// One process of one server, from its start to its end. What it set off lasts no longer than it does.
///
/// Unchecked, because a simulation is confined to one thread.
final class SimulatedLife: @unchecked Sendable {
    let node: SimulatedNode
    let number: Int
    let cluster: ClusterCore
    private(set) var isDead = false
    /// Whether it acts upon what it hears.
    var hasBegun = false
    /// Dies at the so-many-th thing it does to the world: between any two effects.
    var boundariesLeft: Int?
    /// Entries have rotted since it read its log, and it cannot know of it.
    var rotsUnnoticed = false
    let timers = SimulatedTimers()
    var storage: SimulatedStorage?
    var storageLane: SimulatedLane?
    var driver: Driver?
    var receiver: (any TransportReceiver)?
    /// The identity that its transport shows to peers.
    var identity: NodeIdentity?
    /// The public type, of whatever machine.
    var raft: AnyObject?
    var watch: NodeWatch?

    /// The chances of its environment.
    var random: SeededRandom
    /// How long its machine takes.
    var machineRandom: SeededRandom

    init(
        node: SimulatedNode, number: Int, cluster: ClusterCore, random: SeededRandom, machineRandom: SeededRandom
    ) {
        self.node = node
        self.number = number
        self.cluster = cluster
        self.random = random
        self.machineRandom = machineRandom
    }

    /// Whether the process is alive to do the next thing. A crash planned for this moment happens here.
    func passesBoundary() -> Bool {
        if isDead { return false }
        guard let left = boundariesLeft else { return true }
        boundariesLeft = left - 1
        guard left <= 0 else { return true }
        cluster.crash(node)
        return false
    }

    /// Memory is gone.
    func die() {
        isDead = true
        driver?.probe = nil
        driver = nil
        receiver = nil
        raft = nil
        watch = nil
        storage = nil
        storageLane = nil
    }
}

/// Timers of one process, by job: a later call for the same job replaces an earlier one.
final class SimulatedTimers {
    private var current: [(job: ObjectIdentifier, generation: UInt64)] = []
    private var last: UInt64 = 0

    func set(_ job: any Runnable) -> UInt64 {
        last += 1
        let id = ObjectIdentifier(job)
        if let at = current.firstIndex(where: { $0.job == id }) {
            current[at].generation = last
        } else {
            current.append((id, last))
        }
        return last
    }

    func isCurrent(_ job: any Runnable, _ generation: UInt64) -> Bool {
        let id = ObjectIdentifier(job)
        guard let at = current.firstIndex(where: { $0.job == id }), current[at].generation == generation else {
            return false
        }
        current.remove(at: at)
        return true
    }
}
