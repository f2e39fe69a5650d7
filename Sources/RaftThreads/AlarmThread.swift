/// A thread that calls functions at given times. It sleeps until the earliest alarm: nothing polls.
///
/// Times are ``MonotonicClock`` nanoseconds. An alarm never fires early; it fires late by what the scheduler needs,
/// and when the machine was suspended, by at most the part of the wait that was left when it went to sleep.
///
/// Any thread may call any method, alarm functions included.
public final class AlarmThread: Sendable {
    private struct Alarms {
        var schedule = AlarmSchedule()
        /// When the thread will look again by itself; `nil` while it is awake and will look anyway.
        var wakesAt: UInt64?
        var isStopped = false
    }

    private let alarms: Monitor<Alarms>

    /// Starts the thread. Its name, cut to 15 bytes, is what `ps -L` and debuggers show.
    public init(name: String) {
        let alarms = Monitor(Alarms())
        self.alarms = alarms
        // The thread holds the alarms and not this object, so that dropping the object ends the thread.
        Threads.start(name: name) { Self.run(alarms) }
    }

    deinit {
        stop()
    }

    /// Sets the alarm `id`, in place of an earlier one of the same id. A time that has passed fires at once.
    ///
    /// Each alarm fires once, on the alarm thread: `fire` must be short and must not block, since every other alarm
    /// waits for it. After ``stop()`` this does nothing.
    ///
    /// - Parameter time: ``MonotonicClock`` nanoseconds.
    public func set(_ id: UInt64, at time: UInt64, _ fire: @escaping @Sendable () -> Void) {
        // What was replaced is let go outside the lock: its captures may call back here when they end.
        let (mustWake, replaced) = alarms.withLock { alarms -> (Bool, (@Sendable () -> Void)?) in
            guard !alarms.isStopped else { return (false, nil) }
            let replaced = alarms.schedule.set(id, at: time, fire)
            // A deadline that moves later, the common case, wakes nobody: the thread finds out at the old time.
            guard let wakesAt = alarms.wakesAt, time < wakesAt else { return (false, replaced) }
            alarms.wakesAt = nil
            return (true, replaced)
        }
        if mustWake { alarms.signal() }
        withExtendedLifetime(replaced) {}
    }

    /// Removes the alarm `id`, if it is set. One that is firing at this moment on the alarm thread still fires.
    public func cancel(_ id: UInt64) {
        let cancelled = alarms.withLock { $0.schedule.cancel(id) }
        withExtendedLifetime(cancelled) {}
    }

    /// Drops all alarms and lets the thread end. Does not wait for a function that is running.
    public func stop() {
        let dropped = alarms.withLock { alarms -> AlarmSchedule in
            alarms.isStopped = true
            defer { alarms.schedule = AlarmSchedule() }
            return alarms.schedule
        }
        alarms.signal()
        withExtendedLifetime(dropped) {}
    }

    private static func run(_ alarms: Monitor<Alarms>) {
        while let fire = next(alarms) { fire() }
    }

    /// Waits for the next alarm that is due and takes it; `nil` after ``stop()``.
    private static func next(_ alarms: Monitor<Alarms>) -> (@Sendable () -> Void)? {
        alarms.wait { alarms -> WaitStep<(@Sendable () -> Void)?> in
            if alarms.isStopped { return .done(nil) }
            guard let earliest = alarms.schedule.earliest else {
                alarms.wakesAt = .max
                return .wait
            }
            let now = MonotonicClock.nanoseconds()
            if let fire = alarms.schedule.popDue(at: now) {
                alarms.wakesAt = nil
                return .done(fire)
            }
            alarms.wakesAt = earliest
            return .waitAtMost(earliest - now)
        }
    }
}
