/// A point on a monotonic clock that includes suspend, in nanoseconds from an arbitrary origin (rules K1, K2).
public struct Instant: RawRepresentable, Hashable, Comparable, Sendable {
    public var rawValue: UInt64
    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }
    @inlinable public init(nanoseconds: UInt64) { rawValue = nanoseconds }

    /// Never reached.
    @inlinable public static var distantFuture: Instant { Instant(rawValue: .max) }
    @inlinable public static var origin: Instant { Instant(rawValue: 0) }

    @inlinable public static func < (lhs: Instant, rhs: Instant) -> Bool { lhs.rawValue < rhs.rawValue }
    /// `nanoseconds` later; stops at the distant future.
    @inlinable public static func + (lhs: Instant, nanoseconds: UInt64) -> Instant {
        let (sum, overflow) = lhs.rawValue.addingReportingOverflow(nanoseconds)
        return overflow ? .distantFuture : Instant(rawValue: sum)
    }
    /// Nanoseconds from `rhs` to `lhs`; 0 when `rhs` is the later one.
    @inlinable public static func - (lhs: Instant, rhs: Instant) -> UInt64 {
        lhs.rawValue > rhs.rawValue ? lhs.rawValue - rhs.rawValue : 0
    }
}

/// A piece of work that is run again and again: the driver, a storage writer, an applier.
public protocol Runnable: AnyObject, Sendable {
    /// Does what has been queued. Never called by two threads at once: whoever schedules it sees to that.
    func run()
}

/// A place where work runs: an event loop, a thread, the calling thread, or the simulator's queue.
public protocol Lane: Sendable {
    /// Has `job.run()` called once, soon. Jobs of one lane run one at a time, in the order given. Never blocks; may be
    /// called from any thread, from within a job too.
    func schedule(_ job: any Runnable)

    /// As `schedule`, but where that would run the job on the calling thread, it runs behind what is ready to run
    /// elsewhere, so that more work for it can gather. Default: `schedule`.
    func scheduleBehindOthers(_ job: any Runnable)

    /// Lets go of what the lane holds, a thread for example. What was scheduled before still runs. Never blocks: a hung
    /// disk does not hang a shutdown (rule D5).
    func stop()
}

extension Lane {
    public func stop() {}
    public func scheduleBehindOthers(_ job: any Runnable) { schedule(job) }
}

/// A lane with a clock.
public protocol TimedLane: Lane {
    /// Has `job.run()` called once at `instant`, or soon after. A later call for the same job replaces an earlier one
    /// that has not fired; `distantFuture` cancels it.
    func schedule(_ job: any Runnable, at instant: Instant)
}

/// What a lane is wanted for.
public enum LanePurpose: Hashable, Sendable {
    /// Durable writes: may block for as long as a disk does.
    case storage
    /// A state machine that takes its time.
    case machine
    /// Snapshots that are written, read and restored: may be busy for minutes.
    case snapshot
}

/// Time, chance and places to run: everything the driver needs of the world besides disk and network. The real ones
/// are an event loop (`RaftTransportUnix`) and the calling thread (`RaftMemory`); the simulator is another.
public protocol Environment: Sendable {
    /// Monotonic, includes suspend. Any thread.
    func now() -> Instant
    /// Nanoseconds since 1970. Only for drawing incarnations, never for ordering events.
    func wallClock() -> UInt64
    /// An unpredictable number, or in a simulation a reproducible one.
    func random() -> UInt64
    /// Where the driver runs.
    var driverLane: any TimedLane { get }
    /// A lane that may block without holding up the driver.
    func makeLane(for purpose: LanePurpose) -> any Lane
}
