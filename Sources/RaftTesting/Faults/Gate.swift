import RaftCore
import Synchronization

/// Before a lane: while it is closed, what the lane would run is held, in order.
final class Gate: Runnable {
    private struct State {
        var isClosed = false
        /// Held while closed, and until `run` has worked them off.
        var held: [any Runnable] = []
    }

    private let lane: any Lane
    private let state = Mutex(State())

    init(_ lane: any Lane) { self.lane = lane }

    func close() { state.withLock { $0.isClosed = true } }

    func open() {
        let mustRun = state.withLock { state in
            state.isClosed = false
            return !state.held.isEmpty
        }
        if mustRun { lane.schedule(self) }
    }

    /// On the lane: runs `job`, or holds it when the gate is closed or others are held before it.
    func pass(_ job: any Runnable) {
        let mayRun = state.withLock { state in
            guard state.isClosed || !state.held.isEmpty else { return true }
            state.held.append(job)
            return false
        }
        if mayRun { job.run() }
    }

    /// On the lane: runs what was held.
    func run() {
        while true {
            let job: (any Runnable)? = state.withLock { state in
                state.isClosed || state.held.isEmpty ? nil : state.held.removeFirst()
            }
            guard let job else { return }
            job.run()
        }
    }
}

/// A job on its way through a gate.
final class GatedJob: Runnable {
    private let job: any Runnable
    private let gate: Gate

    init(_ job: any Runnable, _ gate: Gate) {
        self.job = job
        self.gate = gate
    }

    func run() { gate.pass(job) }
}
