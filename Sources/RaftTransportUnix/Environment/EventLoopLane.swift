import NIOCore
import NIOPosix
import RaftCore
import RaftThreads
import Synchronization

/// Runs jobs on an event loop, at once or at a time.
final class EventLoopLane: TimedLane {
    private let eventLoop: any EventLoop
    private let group: MultiThreadedEventLoopGroup?
    private let timers: NIOLoopBoundBox<Timers>
    /// NIO objects to work for a loop that was shut down: held while handing over from another thread, so that `stop`
    /// comes before or after, and never between.
    private let isStopped = Mutex(false)

    /// - Parameter group: shut down with the lane.
    init(eventLoop: any EventLoop, owning group: MultiThreadedEventLoopGroup?) {
        self.eventLoop = eventLoop
        self.group = group
        timers = .makeBoxSendingValue(Timers(eventLoop: eventLoop), eventLoop: eventLoop)
    }

    func schedule(_ job: any Runnable) {
        execute { job.run() }
    }

    func schedule(_ job: any Runnable, at instant: Instant) {
        if eventLoop.inEventLoop {
            timers.value.set(job, at: instant)
        } else {
            execute { [timers] in timers.value.set(job, at: instant) }
        }
    }

    func stop() {
        let isFirst = isStopped.withLock { isStopped in
            defer { isStopped = true }
            return !isStopped
        }
        // Without a callback that matters: whoever stops a lane has no use for its thread's last moments.
        if isFirst, let group { group.shutdownGracefully { _ in } }
    }

    /// Has `task` run on the loop.
    /// - Returns: false when the lane was stopped: the task never runs.
    @discardableResult
    func execute(_ task: @escaping @Sendable () -> Void) -> Bool {
        // From within the loop there is no wake-up, and the loop cannot be gone.
        if eventLoop.inEventLoop {
            eventLoop.execute(task)
            return true
        }
        return isStopped.withLock { isStopped in
            if !isStopped { eventLoop.execute(task) }
            return !isStopped
        }
    }
}

/// The alarms of the jobs of one loop; used on that loop only.
private final class Timers {
    private final class Timer {
        let job: any Runnable
        var instant: Instant
        /// What the loop was asked for; never later than `instant`.
        var wakesAt: Instant
        var scheduled: Scheduled<Void>?

        init(job: any Runnable, instant: Instant) {
            self.job = job
            self.instant = instant
            wakesAt = instant
        }
    }

    private let eventLoop: any EventLoop
    private var timers: [ObjectIdentifier: Timer] = [:]

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func set(_ job: any Runnable, at instant: Instant) {
        let key = ObjectIdentifier(job)
        if let timer = timers[key] {
            if instant == .distantFuture {
                timer.scheduled?.cancel()
                timers[key] = nil
                return
            }
            timer.instant = instant
            // A deadline that moves later, the common case, costs nothing: the loop finds out at the old time.
            if instant >= timer.wakesAt { return }
            timer.scheduled?.cancel()
            arm(timer, key)
        } else if instant != .distantFuture {
            let timer = Timer(job: job, instant: instant)
            timers[key] = timer
            arm(timer, key)
        }
    }

    private func arm(_ timer: Timer, _ key: ObjectIdentifier) {
        timer.wakesAt = timer.instant
        // The loop's clock stands still while the machine sleeps and ours does not, so what is handed over is the time
        // that is left. After a sleep an alarm may be late by as much as was left when it began.
        // Cut at a year, where no sum overflows: it is looked at again then.
        let left = min(timer.instant - Instant(nanoseconds: MonotonicClock.nanoseconds()), 31_536_000_000_000_000)
        timer.scheduled = eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(Int64(left))) { [weak self] in
            self?.fired(timer, key)
        }
    }

    private func fired(_ timer: Timer, _ key: ObjectIdentifier) {
        guard timers[key] === timer else { return }
        if timer.instant > Instant(nanoseconds: MonotonicClock.nanoseconds()) { return arm(timer, key) }
        timers[key] = nil
        timer.job.run()
    }
}
