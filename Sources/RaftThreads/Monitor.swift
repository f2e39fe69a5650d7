internal import Glibc

/// A value behind a mutex, with a condition to wait on: the one place where pthread primitives are used.
///
/// `Synchronization.Mutex` has no condition, and waiting here must follow a monotonic clock: a wait bounded by
/// `CLOCK_REALTIME`, the default of a condition, would stretch or end at once when somebody sets the clock.
///
/// Any thread may call any method. Nothing called inside `withLock` may call back into the same monitor.
package final class Monitor<State: Sendable>: @unchecked Sendable {
    // Unchecked, but sound: `mutex` and `condition` are made for several threads and stay at one address until
    // `deinit`, and `state` is touched only inside `withLock` and the waits, with the mutex held.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var state: State

    package init(_ state: State) {
        self.state = state
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        condition.initialize(to: pthread_cond_t())
        Self.require(pthread_mutex_init(mutex, nil), "pthread_mutex_init")
        var attributes = pthread_condattr_t()
        Self.require(pthread_condattr_init(&attributes), "pthread_condattr_init")
        Self.require(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC), "pthread_condattr_setclock")
        Self.require(pthread_cond_init(condition, &attributes), "pthread_cond_init")
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Runs `body` alone.
    package func withLock<Result>(_ body: (inout State) -> Result) -> Result {
        Self.require(pthread_mutex_lock(mutex), "pthread_mutex_lock")
        defer { pthread_mutex_unlock(mutex) }
        return body(&state)
    }

    /// Calls `body` once, and again after every ``signal()`` or when the time it named is over, until it is done.
    package func wait<Result>(_ body: (inout State) -> WaitStep<Result>) -> Result {
        Self.require(pthread_mutex_lock(mutex), "pthread_mutex_lock")
        defer { pthread_mutex_unlock(mutex) }
        while true {
            switch body(&state) {
            case .done(let result): return result
            case .wait: pthread_cond_wait(condition, mutex)
            case .waitAtMost(let nanoseconds):
                var until = Self.timePoint(after: nanoseconds)
                pthread_cond_timedwait(condition, mutex, &until)
            }
        }
    }

    /// Lets every waiting thread look again.
    package func signal() {
        pthread_cond_broadcast(condition)
    }

    private static func timePoint(after nanoseconds: UInt64) -> timespec {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        // A wait is cut at a year: the caller looks again then, and no sum overflows.
        let bounded = min(nanoseconds, 31_536_000_000_000_000)
        let sum = UInt64(now.tv_nsec) + bounded
        now.tv_sec += Int(sum / 1_000_000_000)
        now.tv_nsec = Int(sum % 1_000_000_000)
        return now
    }

    /// These calls fail only when this file is wrong or memory is exhausted: there is nothing to go on with.
    private static func require(_ code: CInt, _ call: StaticString) {
        precondition(code == 0, "\(call) failed with error \(code)")
    }
}

/// What the body of a bounded wait on a ``Monitor`` wants next.
package enum WaitStep<Result> {
    /// The wait is over.
    case done(Result)
    /// Look again after a signal.
    case wait
    /// Look again after a signal, or after this many nanoseconds without one.
    case waitAtMost(UInt64)
}
