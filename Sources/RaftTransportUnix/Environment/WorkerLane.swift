import RaftCore
import RaftThreads

/// A lane that may block: one thread.
struct WorkerLane: Lane {
    private let worker: WorkerThread

    init(_ worker: WorkerThread) { self.worker = worker }

    func schedule(_ job: any Runnable) {
        worker.schedule { job.run() }
    }

    func stop() { worker.stop() }
}
