import RaftCore
import RaftThreads
import Synchronization

/// Runs jobs on the thread that schedules them: the short way, without a wake-up.
///
/// Whoever schedules while nothing runs, runs: its own job, and what others add meanwhile. All nodes of a
/// `MemoryNetwork` share one, so that a command goes from the proposer to its followers and back in one thread. After a
/// while the work is handed to a task of the concurrency pool, so that no proposer is kept for ever.
final class CallerLane: TimedLane {
    private struct State {
        var jobs: [any Runnable] = []
        var isRunning = false
    }

    /// Rounds after which the thread that got caught is let go.
    private static let patience = 64

    private let state = Mutex(State())
    private let alarms = AlarmThread(name: "raft-alarm")
    private let relief: AsyncStream<Void>.Continuation
    private let reliever: Task<Void, Never>

    init() {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        relief = continuation
        // Ends with the stream, in deinit; holds the lane only while there is work.
        let box = WeakLane()
        reliever = Task {
            for await _ in stream { box.lane?.work() }
        }
        box.lane = self
    }

    deinit {
        relief.finish()
        alarms.stop()
    }

    func schedule(_ job: any Runnable) {
        let mustRun = state.withLock { state in
            state.jobs.append(job)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if mustRun { work() }
    }

    func scheduleBehindOthers(_ job: any Runnable) {
        let isIdle = state.withLock { state in
            state.jobs.append(job)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        // The pool runs what is ready in order: whoever is ready by now comes before the reliever.
        if isIdle { relief.yield() }
    }

    func schedule(_ job: any Runnable, at instant: Instant) {
        let id = UInt64(UInt(bitPattern: ObjectIdentifier(job)))
        if instant == .distantFuture {
            alarms.cancel(id)
            return
        }
        alarms.set(id, at: instant.rawValue) { [weak self] in self?.schedule(job) }
    }

    /// Called by the one who found the lane idle, or by the task that relieved it.
    private func work() {
        var jobs: [any Runnable] = []
        for _ in 0..<Self.patience {
            let isIdle = state.withLock { state in
                jobs.removeAll(keepingCapacity: true)
                swap(&jobs, &state.jobs)
                if jobs.isEmpty { state.isRunning = false }
                return jobs.isEmpty
            }
            if isIdle { return }
            for job in jobs { job.run() }
        }
        relief.yield()
    }

    /// Lets the relieving task see the lane without keeping it alive.
    private final class WeakLane: Sendable {
        private struct Reference { weak var lane: CallerLane? }
        private let reference = Mutex(Reference())
        var lane: CallerLane? {
            get { reference.withLock { $0.lane } }
            set { reference.withLock { $0.lane = newValue } }
        }
    }
}

/// A thread of its own, for what may block.
struct ThreadLane: Lane {
    private let thread: WorkerThread

    init(name: String) { thread = WorkerThread(name: name) }

    func schedule(_ job: any Runnable) { thread.schedule { job.run() } }
    func stop() { thread.stop() }
}
