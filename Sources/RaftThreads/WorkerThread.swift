internal import Glibc

/// A thread that runs jobs one after the other, in the order in which they were scheduled.
///
/// For work that blocks (a disk commit, a call into a C library) and must not stand on an event loop or on a thread of
/// the concurrency pool. The queue has no bound of its own: whoever schedules bounds what it hands over.
///
/// Any thread may call any method, the worker itself included. Dropping the last reference is ``stop()``.
public final class WorkerThread: Sendable {
    private struct Queue {
        var jobs: [@Sendable () -> Void] = []
        /// Whether the thread waits for a signal. Only then is one sent: a wake-up costs more than most jobs.
        var isIdle = false
        var isStopping = false
        var isFinished = false
        var thread: pthread_t?
    }

    private let queue: Monitor<Queue>

    /// Starts the thread. Its name, cut to 15 bytes, is what `ps -L` and debuggers show.
    public init(name: String) {
        let queue = Monitor(Queue())
        self.queue = queue
        // The thread holds the queue and not the worker, so that dropping the worker ends the thread.
        Threads.start(name: name) { Self.run(queue) }
    }

    deinit {
        stop()
    }

    /// Queues a job. Never blocks.
    ///
    /// - Returns: `false` when the worker was stopped; the job is dropped and never runs.
    @discardableResult
    public func schedule(_ job: @escaping @Sendable () -> Void) -> Bool {
        let (isAccepted, mustWake) = queue.withLock { queue -> (Bool, Bool) in
            guard !queue.isStopping else { return (false, false) }
            queue.jobs.append(job)
            defer { queue.isIdle = false }
            return (true, queue.isIdle)
        }
        if mustWake { queue.signal() }
        return isAccepted
    }

    /// Accepts no further job, lets the thread run what is queued and end. Does not wait for that: a job that hangs on
    /// a disk must not hang a shutdown (D5).
    public func stop() {
        queue.withLock { queue in
            queue.isStopping = true
            queue.isIdle = false
        }
        queue.signal()
    }

    /// As ``stop()``, and returns when everything queued has run. Called on the worker itself it does not wait.
    public func stopAndJoin() {
        stop()
        let caller = pthread_self()
        queue.wait { queue -> WaitStep<Void> in
            if queue.isFinished { return .done(()) }
            if let thread = queue.thread, pthread_equal(thread, caller) != 0 { return .done(()) }
            return .wait
        }
    }

    private static func run(_ queue: Monitor<Queue>) {
        let thread = pthread_self()
        queue.withLock { $0.thread = thread }
        var batch: [@Sendable () -> Void] = []
        while true {
            // The two arrays change places, so that a busy worker allocates nothing and locks once per batch.
            let goesOn = queue.wait { queue -> WaitStep<Bool> in
                if !queue.jobs.isEmpty {
                    swap(&queue.jobs, &batch)
                    return .done(true)
                }
                if queue.isStopping { return .done(false) }
                queue.isIdle = true
                return .wait
            }
            guard goesOn else { break }
            for job in batch { job() }
            // What a burst needed is given back.
            batch.removeAll(keepingCapacity: batch.count <= 1024)
        }
        queue.withLock { $0.isFinished = true }
        queue.signal()
    }
}
