import RaftThreads
import Synchronization

/// Runs probes, which block, on threads of their own.
enum ProbeThreads {
    /// Runs every body on its own thread at the same time; returns when all have ended.
    static func run(_ bodies: [@Sendable () -> Void]) {
        let threads = bodies.indices.map { WorkerThread(name: "probe-\($0)") }
        for (thread, body) in zip(threads, bodies) { thread.schedule(body) }
        for thread in threads { thread.stopAndJoin() }
    }

    /// Two threads that take turns: `ask` does one round and returns false when it cannot; `answer` runs until its peer
    /// is gone.
    /// - Returns: seconds for one round; nil when none was done.
    static func pingPong(
        seconds: Double, ask: @escaping @Sendable () -> Bool, answer: @escaping @Sendable () -> Void,
        finish: @escaping @Sendable () -> Void
    ) -> Double? {
        let result = Mutex<Double?>(nil)
        run([
            {
                // The first round starts threads and fills caches.
                var goesOn = ask()
                let start = MonotonicClock.nanoseconds()
                let end = start + UInt64(seconds * 1e9)
                var rounds = 0
                while goesOn, MonotonicClock.nanoseconds() < end {
                    goesOn = ask()
                    rounds += 1
                }
                let elapsed = Double(MonotonicClock.nanoseconds() - start) / 1e9
                if rounds > 0 { result.withLock { $0 = elapsed / Double(rounds) } }
                finish()
            },
            answer,
        ])
        return result.withLock { $0 }
    }
}
