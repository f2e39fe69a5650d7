import RaftCore

/// Time, chance and places to run, for one process of a simulation.
struct SimulatedEnvironment: Environment {
    let life: SimulatedLife
    let lane: SimulatedLane

    init(life: SimulatedLife) {
        self.life = life
        lane = SimulatedLane(life: life, purpose: nil)
    }

    func now() -> Instant { life.node.clock.time(at: life.cluster.world.now) }
    /// Unlike for any two starts, so that no incarnation is drawn twice.
    func wallClock() -> UInt64 {
        life.cluster.wallClock += 1_000_000
        return life.cluster.wallClock
    }
    func random() -> UInt64 { life.random.next() }
    var driverLane: any TimedLane { lane }

    func makeLane(for purpose: LanePurpose) -> any Lane {
        let lane = SimulatedLane(life: life, purpose: purpose)
        if purpose == .storage { life.storageLane = lane }
        return lane
    }
}

/// A lane whose jobs are events. Unchecked, because a simulation is confined to one thread.
final class SimulatedLane: TimedLane, @unchecked Sendable {
    private let life: SimulatedLife
    private let purpose: LanePurpose?
    private var last = Instant.origin
    /// Scheduled and not begun: on a storage's lane, the writes under way.
    private(set) var waiting: [any Runnable] = []
    /// On a storage's lane: a job has begun and not ended, so none of those that wait can have.
    private(set) var isAtWork = false

    init(life: SimulatedLife, purpose: LanePurpose?) {
        self.life = life
        self.purpose = purpose
    }

    func schedule(_ job: any Runnable) {
        guard life.passesBoundary() else { return }
        let world = life.cluster.world
        let node = life.node
        switch purpose {
        case nil: world.insert(.job(life, job), at: world.now)
        case .machine:
            last = max(last, world.now + life.machineRandom.next(in: life.cluster.options.applyDelay))
            world.insert(.job(life, job), at: last)
        case .snapshot:
            last = max(last, world.now + node.disk.nextDelay())
            world.insert(.job(life, job), at: last)
        case .storage:
            last = max(last, world.now + node.disk.nextDelay())
            if let until = node.disk.hangsUntil, until > last { last = until }
            waiting.append(job)
            world.insert(.job(life, Commit(lane: self, job: job)), at: last)
        }
    }

    /// Like a thread of the pool that gets to it a little later.
    func scheduleBehindOthers(_ job: any Runnable) {
        guard life.passesBoundary() else { return }
        let world = life.cluster.world
        world.insert(.job(life, job), at: world.now + life.random.next(in: 0...50_000))
    }

    func schedule(_ job: any Runnable, at instant: Instant) {
        guard life.passesBoundary() else { return }
        let generation = life.timers.set(job)
        if instant == .distantFuture { return }
        life.cluster.world.insert(
            .timer(life, job, generation: generation), at: life.node.clock.worldTime(of: instant))
    }

    /// A job of a disk that may hang while it waits. Unchecked, because a simulation is confined to one thread.
    private final class Commit: Runnable, @unchecked Sendable {
        let lane: SimulatedLane
        let job: any Runnable

        init(lane: SimulatedLane, job: any Runnable) {
            self.lane = lane
            self.job = job
        }

        func run() {
            let world = lane.life.cluster.world
            if let until = lane.life.node.disk.hangsUntil, until > world.now {
                world.insert(.job(lane.life, self), at: until)
                return
            }
            lane.waiting.removeAll { $0 === job }
            lane.isAtWork = true
            job.run()
            lane.isAtWork = false
        }
    }
}
