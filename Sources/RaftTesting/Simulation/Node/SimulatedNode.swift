import RaftCore
import RaftMembership
import RaftMemory

/// One server: what of it outlives its processes, and the process that runs.
///
/// Unchecked, because a simulation is confined to one thread.
final class SimulatedNode: @unchecked Sendable {
    /// How the last process came to an end, when it was not the simulator's doing.
    enum Fate: Equatable {
        case fine
        /// It refused to start, or stopped itself; the one line that it said.
        case stopped(String)
    }

    let index: Int
    let id: NodeID
    let disk: SimulatedDisk
    /// Apart from the data, so that it outlives them (rule M10).
    let mark = MemoryMarkStore()
    var clock: SimulatedClock
    var random: SeededRandom
    var life: SimulatedLife?
    var lives = 0
    var fate = Fate.fine
    var pausedUntil: Instant?
    /// What was done to its data that it cannot know of, until that is made good.
    var damage: Damage?
    /// What it has from here on, it appended as a leader that was cut off.
    var strandedFrom: LogIndex?
    /// How often something else is to go wrong in the moment in which a part of its log comes back.
    var troubles = 0
    /// The machine fails at the next command.
    var failsNextApply = false
    /// What the properties remember of the step before.
    var seen = Observation()
    var leadingSince = Instant.origin
    /// Leads though a committed configuration leaves it out, since then.
    var outsideSince: Instant?
    /// The bodies of its snapshots are with the simulator, not with a storage of the user's own.
    var usesImages = true
    /// When its configuration changed last.
    var configuredAt = Instant.origin
    /// When it was last paused, or its clock jumped.
    var disturbedAt = Instant.origin
    /// What a formation before the run left on its disk, for a storage of the user's own to begin with.
    var formation: StorageBatch?
    /// What may be on its disk; nil before its first start.
    var wholes: WholeWrites?
    /// What it promised its leader, by its own clock; no restart takes it back.
    var promise = GivenPromise()
    /// Where its log ended when it decided on its last vote.
    var endAtVote = LogIndex.zero
    /// Campaigns since it last knew of a leader.
    var campaigns = 0
    /// When each write of this life that is not on disk yet was submitted, by its own clock; oldest first.
    var submissions: [Instant] = []
    /// Why it may stop itself at present.
    var excuse: Excuse?
    /// Entries that its machine has taken in this life, or was restored with.
    var applied = LogIndex.zero
    /// The state that was last read from a snapshot, and takes the machine's place soon.
    var restored = LogIndex.zero
    /// Where its log ended before the writes that are being made and cut it.
    var held = LogIndex.zero
    /// What its machine has, or has next.
    var reached: LogIndex {
        // A witness has no machine.
        if let engine = life?.driver?.engine, engine.isWitness { return engine.appliedIndex }
        return max(applied, restored)
    }
    /// When something of each server arrived here last, by index.
    var heardFrom: [Instant]

    init(index: Int, disk: SimulatedDisk, clock: SimulatedClock, random: SeededRandom, nodes: Int) {
        self.index = index
        id = NodeID(UInt64(index + 1))
        self.disk = disk
        self.clock = clock
        self.random = random
        heardFrom = [Instant](repeating: .origin, count: nodes)
    }

    /// What somebody might put back one day.
    func keepCopy() { disk.keepCopy(mark: mark.stored) }

    var isUp: Bool { life != nil }
    /// Runs, and has not stopped itself.
    var isWorking: Bool { life?.driver.map { !$0.engine.isFenced } ?? false }
    var isLeader: Bool { life?.driver?.engine.role == .leader && isWorking }
    var member: Member? { life?.driver?.engine.member ?? disk.image.hardState?.member }
}

/// What was done to a process that makes it stop itself, rightly.
enum Excuse: Sendable { case disk, machine }

enum Damage: String, Sendable {
    /// Entries cannot be read: they come back from a leader (rule D3).
    case rot
    case wiped, rolledBack
    // The mark as well, so that the server cannot know of it.
    /// It is another server then, in a life of its own, that belongs to nothing.
    case emptied
    /// Its peers tell it.
    case rolledBackWithMark
}

/// A voter's word to vote for nobody else (rule R4).
struct GivenPromise {
    var until = Instant.origin
    var term = Term.zero
    /// When, by the simulation's time.
    var given = Instant.origin
    /// The process that gave it.
    var life = 0
}

/// What was last seen of a process.
struct Observation {
    var term = Term.zero
    var role = EngineRole.follower
    var votedFor: Member?
    var commitIndex = LogIndex.zero
    var last = LogID.zero
    var hasLeader = false
    var configuration = LogID.zero
    var campaign: UInt64 = 0
    var isRemoved = false
    var lastLeaderContact: Instant?
    var flushed = LogIndex.zero
    var isDiskFull = false
    var base = LogID.zero
}
