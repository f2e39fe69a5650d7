import Glibc
import RaftThreads
import Synchronization

/// The frame without consensus: clients put a command into a mailbox and suspend, whoever drains it copies the batch into
/// as many logs as there are nodes and resumes the clients. Nothing that runs in one process can be faster.
///
/// Drained both ways, by the client that finds it idle and by a task of the concurrency pool; the better one is the limit.
struct MailboxProbe: Sendable {
    let clients: Int
    let size: Int
    let nodes: Int

    /// - Parameter seconds: how long each way is measured.
    /// - Returns: commands per second.
    func run(seconds: Double) async -> Double {
        var best = 0.0
        for drainsInPlace in [true, false] {
            let mailbox = Mailbox(nodes: nodes, drainsInPlace: drainsInPlace)
            let start = MonotonicClock.nanoseconds()
            let end = start + UInt64(seconds * 1e9)
            let count = await withTaskGroup(of: Int.self) { group in
                for _ in 0..<clients {
                    group.addTask { [size] in
                        let command = [UInt8](repeating: 1, count: size)
                        var count = 0
                        while MonotonicClock.nanoseconds() < end {
                            await mailbox.propose(command)
                            count += 1
                        }
                        return count
                    }
                }
                return await group.reduce(0, +)
            }
            mailbox.stop()
            let elapsed = MonotonicClock.nanoseconds() - start
            best = max(best, Double(count) / Double(elapsed) * 1e9)
        }
        return best
    }

    private final class Mailbox: Sendable {
        private struct Call: Sendable {
            var command: [UInt8]
            var continuation: UnsafeContinuation<Void, Never>
        }

        private struct State {
            var calls: [Call] = []
            var isRunning = false
        }

        private let state = Mutex(State())
        private let logs: Mutex<[[UInt8]]>
        private let wake: AsyncStream<Void>.Continuation?

        init(nodes: Int, drainsInPlace: Bool) {
            logs = Mutex(Array(repeating: [], count: nodes))
            if drainsInPlace {
                wake = nil
                return
            }
            let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
            wake = continuation
            Task { for await _ in stream { self.drain() } }
        }

        func stop() { wake?.finish() }

        func propose(_ command: [UInt8]) async {
            await withUnsafeContinuation { continuation in
                let mustRun = state.withLock { state in
                    state.calls.append(Call(command: command, continuation: continuation))
                    defer { state.isRunning = true }
                    return !state.isRunning
                }
                guard mustRun else { return }
                if let wake { wake.yield() } else { drain() }
            }
        }

        private func drain() {
            var calls: [Call] = []
            while true {
                calls.removeAll(keepingCapacity: true)
                let isIdle = state.withLock { state in
                    swap(&state.calls, &calls)
                    if calls.isEmpty { state.isRunning = false }
                    return calls.isEmpty
                }
                if isIdle { return }
                logs.withLock { logs in
                    for position in logs.indices {
                        // Bounded, as a log that is compacted would be.
                        if logs[position].count > 1 << 22 { logs[position].removeAll(keepingCapacity: true) }
                        for call in calls { logs[position].append(contentsOf: call.command) }
                    }
                }
                for call in calls { call.continuation.resume() }
            }
        }
    }
}
