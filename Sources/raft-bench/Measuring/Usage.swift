import Glibc
import RaftThreads

/// What a row used while it was measured.
struct Usage: Hashable, Sendable {
    /// Of this process and its children, in seconds.
    var processorSeconds: Double
    var residentBytes: UInt64?
    /// Flushes of the device, by whomever; nil when nothing counts them.
    var flushes: UInt64?

    /// Waits until the measured time has passed.
    /// - Parameters:
    ///   - directory: on the device whose flushes are counted; nil for rows that write to no disk.
    ///   - children: count for processor time.
    ///   - memoryOf: whose memory is looked at.
    static func measure(
        _ schedule: Schedule, directory: WorkDirectory, children: [pid_t], memoryOf process: pid_t = getpid()
    ) async throws -> Usage {
        try await sleep(until: schedule.measureFrom)
        let processor = ProcessUsage.processorSeconds(withChildren: children)
        let flushes = directory.isUsed ? ProcessUsage.deviceFlushes(under: directory.path) : 0
        try await sleep(until: schedule.end)
        let flushesAfter = directory.isUsed ? ProcessUsage.deviceFlushes(under: directory.path) : 0
        return Usage(
            processorSeconds: ProcessUsage.processorSeconds(withChildren: children) - processor,
            residentBytes: ProcessUsage.residentBytes(of: process),
            flushes: flushes.flatMap { before in flushesAfter.map { $0 &- before } })
    }

    private static func sleep(until instant: UInt64) async throws {
        let now = MonotonicClock.nanoseconds()
        if instant > now { try await Task.sleep(for: .nanoseconds(Int64(instant - now))) }
    }
}

/// What came out of one row.
struct Measurement: Sendable {
    var latency: LatencySummary
    var seconds: Double
    var errors: Int
    var firstError: String?
    var usage: Usage

    var operationsPerSecond: Double { Double(latency.count) / seconds }
}
