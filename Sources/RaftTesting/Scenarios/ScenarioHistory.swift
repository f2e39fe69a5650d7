import Synchronization

/// Everything that clients did in one scenario, and what they were told. Any thread.
public final class ScenarioHistory: Sendable {
    private let kept = Mutex<[ScenarioRecord]>([])

    public init() {}

    /// Takes an operation that has ended. In the order of the ends, as far as one clock tells.
    public func record(_ record: ScenarioRecord) { kept.withLock { $0.append(record) } }

    /// Does an operation in real time and records it.
    /// - Parameter attempt: says what came of it; never repeats what may have been done.
    public func record(
        _ operation: ScenarioOperation, by process: Int, time: RealTime, _ attempt: () async -> ScenarioOutcome
    ) async -> ScenarioOutcome {
        let invoked = time.now
        let outcome = await attempt()
        record(
            ScenarioRecord(
                process: process, operation: operation, outcome: outcome, invoked: invoked, returned: time.now))
        return outcome
    }

    /// In the order in which they ended.
    public var records: [ScenarioRecord] { kept.withLock { $0 } }

    /// What the checker needs to know.
    public var operations: [HistoryOperation] { records.compactMap(\.historyOperation) }

    /// How many acknowledged writes began at `instant` or later: what shows that a cluster serves.
    public func acknowledgedWrites(since instant: UInt64) -> Int {
        kept.withLock { records in
            var count = 0
            for record in records.reversed() {
                // Nothing that began later has ended before; clocks of threads that race to the lock aside.
                if record.returned &+ 1_000_000_000 < instant { break }
                if record.invoked >= instant, record.operation.isWrite, record.outcome.isAnswer { count += 1 }
            }
            return count
        }
    }
}
