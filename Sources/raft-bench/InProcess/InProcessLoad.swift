import RaftCore
import RaftThreads
import Synchronization

/// Tasks that each have one proposal outstanding, on the leader of a cluster in this process.
struct InProcessLoad: Sendable {
    let parameters: BenchParameters
    let node: Raft<CountingMachine>

    /// - Returns: what was measured, without what the machine allows.
    func run(in directory: WorkDirectory) async throws -> Measurement {
        if let operations = parameters.operations { return try await run(operations) }
        let schedule = Schedule(seconds: parameters.duration)
        let histograms = (0..<min(parameters.clients, 64)).map { _ in LatencyHistogram() }
        let errors = Failures()
        let (usage, _) = try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<parameters.clients {
                let histogram = histograms[client % histograms.count]
                group.addTask { await drive(client, schedule, histogram, errors) }
            }
            let usage = try await Usage.measure(schedule, directory: directory, children: [])
            return (usage, try await group.waitForAll())
        }
        return Measurement(
            latency: LatencyHistogram.summary(of: histograms), seconds: parameters.duration, errors: errors.count,
            firstError: errors.first, usage: usage)
    }

    /// Each client does its share of so many operations, and one that fails ends the row.
    private func run(_ operations: Int) async throws -> Measurement {
        let histogram = LatencyHistogram()
        let clients = parameters.clients
        let processor = ProcessUsage.processorSeconds()
        let start = MonotonicClock.nanoseconds()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<clients {
                let share = operations / clients + (client < operations % clients ? 1 : 0)
                group.addTask { try await drive(client, share, histogram) }
            }
            try await group.waitForAll()
        }
        let seconds = Double(MonotonicClock.nanoseconds() - start) / 1e9
        let usage = Usage(
            processorSeconds: ProcessUsage.processorSeconds() - processor,
            residentBytes: ProcessUsage.residentBytes(), flushes: nil)
        return Measurement(
            latency: LatencyHistogram.summary(of: [histogram]), seconds: seconds, errors: 0, firstError: nil,
            usage: usage)
    }

    private func drive(_ client: Int, _ operations: Int, _ histogram: LatencyHistogram) async throws {
        var choice = Choice(seed: UInt64(client), readRatio: parameters.readRatio)
        let command = CountingMachine.Command(amount: UInt64(client), size: parameters.size)
        var start = MonotonicClock.nanoseconds()
        var left = operations
        while left > 0 {
            let count = min(left, parameters.batch)
            if count > 1 {
                let commands = [CountingMachine.Command](repeating: command, count: count)
                for outcome in try await node.propose(batch: commands) { _ = try outcome.get() }
            } else if choice.nextIsRead() {
                _ = try await node.read { $0.count }
            } else {
                _ = try await node.propose(command)
            }
            let end = MonotonicClock.nanoseconds()
            for _ in 0..<count { histogram.record(end - start) }
            start = end
            left -= count
        }
    }

    private func drive(_ client: Int, _ schedule: Schedule, _ histogram: LatencyHistogram, _ errors: Failures) async {
        var choice = Choice(seed: UInt64(client), readRatio: parameters.readRatio)
        let command = CountingMachine.Command(amount: UInt64(client), size: parameters.size)
        var start = MonotonicClock.nanoseconds()
        while start < schedule.end {
            do {
                if choice.nextIsRead() {
                    _ = try await node.read { $0.count }
                } else {
                    _ = try await node.propose(command)
                }
                let end = MonotonicClock.nanoseconds()
                if schedule.counts(end) { histogram.record(end - start) }
                start = end
            } catch {
                errors.add("\(error)")
                // A node that refuses at once must not be asked in a tight loop.
                try? await Task.sleep(for: .milliseconds(1))
                start = MonotonicClock.nanoseconds()
            }
        }
    }
}

/// Chooses between reads and writes, the same way in every run.
struct Choice: Sendable {
    private var state: UInt64
    private let threshold: UInt64
    private let isFixed: Bool

    init(seed: UInt64, readRatio: Double) {
        state = (seed &+ 1) &* 0x9E37_79B9_7F4A_7C15
        isFixed = readRatio == 0 || readRatio == 1
        threshold = isFixed ? UInt64(readRatio) : UInt64(readRatio * Double(1 << 53))
    }

    mutating func nextIsRead() -> Bool {
        isFixed ? threshold == 1 : next() >> 11 < threshold
    }

    /// xorshift64*: good enough to spread keys and choices.
    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }
}

/// Calls that failed, and why the first did.
final class Failures: Sendable {
    private let state = Mutex((count: 0, first: String?.none))

    var count: Int { state.withLock { $0.count } }
    var first: String? { state.withLock { $0.first } }

    func add(_ reason: String) {
        state.withLock { state in
            state.count += 1
            if state.first == nil { state.first = reason }
        }
    }
}
