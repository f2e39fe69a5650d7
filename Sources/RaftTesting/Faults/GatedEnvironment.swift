public import RaftCore
import Synchronization

/// Any environment, whose lanes stand still while their node is paused. Time goes on.
public final class GatedEnvironment: Environment {
    private let inner: any Environment
    private let node: NodeFaults
    public let driverLane: any TimedLane

    public init(_ inner: any Environment, _ node: NodeFaults) {
        self.inner = inner
        self.node = node
        driverLane = GatedTimedLane(inner.driverLane, node.gate(inner.driverLane, isDriver: true))
    }

    public func now() -> Instant { inner.now() }
    public func wallClock() -> UInt64 { inner.wallClock() }
    public func random() -> UInt64 { inner.random() }

    public func makeLane(for purpose: LanePurpose) -> any Lane {
        let lane = inner.makeLane(for: purpose)
        return GatedLane(lane, node.gate(lane))
    }
}

private struct GatedLane: Lane {
    private let inner: any Lane
    private let gate: Gate

    init(_ inner: any Lane, _ gate: Gate) {
        self.inner = inner
        self.gate = gate
    }

    func schedule(_ job: any Runnable) { inner.schedule(GatedJob(job, gate)) }
    func scheduleBehindOthers(_ job: any Runnable) { inner.scheduleBehindOthers(GatedJob(job, gate)) }
    func stop() { inner.stop() }
}

private final class GatedTimedLane: TimedLane {
    private let inner: any TimedLane
    private let gate: Gate
    /// A job has one alarm at a time, so that it needs one and the same stand-in for each.
    private let alarms = Mutex<[ObjectIdentifier: GatedAlarm]>([:])

    init(_ inner: any TimedLane, _ gate: Gate) {
        self.inner = inner
        self.gate = gate
    }

    func schedule(_ job: any Runnable) { inner.schedule(GatedJob(job, gate)) }
    func scheduleBehindOthers(_ job: any Runnable) { inner.scheduleBehindOthers(GatedJob(job, gate)) }

    func schedule(_ job: any Runnable, at instant: Instant) {
        let key = ObjectIdentifier(job)
        let alarm = alarms.withLock { alarms in
            if let known = alarms[key] { return known }
            let new = GatedAlarm(job, gate) { [weak self] in self?.forget(key) }
            alarms[key] = new
            return new
        }
        inner.schedule(alarm, at: instant)
        if instant == .distantFuture { forget(key) }
    }

    func stop() { inner.stop() }

    private func forget(_ key: ObjectIdentifier) { alarms.withLock { alarms in alarms[key] = nil } }
}

/// The stand-in for a job that waits for its time.
private final class GatedAlarm: Runnable {
    // Held, so that nobody else's identity can become this job's while its alarm is set.
    private let job: any Runnable
    private let gate: Gate
    private let fired: @Sendable () -> Void

    init(_ job: any Runnable, _ gate: Gate, fired: @escaping @Sendable () -> Void) {
        self.job = job
        self.gate = gate
        self.fired = fired
    }

    func run() {
        fired()
        gate.pass(job)
    }
}
