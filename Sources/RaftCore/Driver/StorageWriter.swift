import RaftMembership
import Synchronization

/// Brings writes to storage in order, everything that queued up meanwhile in one commit: the group commit. Runs on a lane
/// that may block; what it finished goes to the driver in one piece.
final class StorageWriter: Runnable {
    private struct Read {
        var range: Range<LogIndex>
        var peer: NodeID
        var stream: UInt32
    }

    private struct Queue {
        var batches: [StorageBatch] = []
        var ids: [WriteID] = []
        var reads: [Read] = []
        /// Whether there is room for so many bytes is to be asked.
        var probe: Int?
        var isScheduled = false
        var hasFailed = false
    }

    private let storage: any LogStorage
    private let lane: any Lane
    private let group: GroupID
    private let configuration: RaftConfiguration
    private let pulse: RaftPulse
    private let clock: @Sendable () -> Instant
    private let report: @Sendable (StorageReport) -> Void
    private let queue = Mutex(Queue())
    /// Touched by `run` only, which never runs twice at once.
    private let sequence = Mutex(WriteSequence())
    /// Nobody waits for it: it is held for an addition a transaction.
    private let measured = Mutex(RaftHistogram.durations)

    init(
        storage: any LogStorage, lane: any Lane, group: GroupID, configuration: RaftConfiguration,
        pulse: RaftPulse = RaftPulse(), clock: @escaping @Sendable () -> Instant,
        report: @escaping @Sendable (StorageReport) -> Void
    ) {
        self.storage = storage
        self.lane = lane
        self.group = group
        self.configuration = configuration
        self.pulse = pulse
        self.clock = clock
        self.report = report
    }

    /// Queues writes; empties the arrays, which keep their room. The engine bounds what is under way: uncommitted bytes
    /// on a leader, the leader's window on a follower.
    func submit(_ batches: inout [StorageBatch], _ ids: inout [WriteID]) {
        guard !batches.isEmpty else { return }
        let mustSchedule = queue.withLock { queue in
            queue.batches.append(contentsOf: batches)
            queue.ids.append(contentsOf: ids)
            defer { queue.isScheduled = true }
            return !queue.isScheduled
        }
        batches.removeAll(keepingCapacity: true)
        ids.removeAll(keepingCapacity: true)
        if mustSchedule { lane.schedule(self) }
    }

    /// Fetches entries for a peer; at most one read a peer is under way.
    func read(_ range: Range<LogIndex>, for peer: NodeID, stream: UInt32) {
        let mustSchedule = queue.withLock { queue in
            queue.reads.append(Read(range: range, peer: peer, stream: stream))
            defer { queue.isScheduled = true }
            return !queue.isScheduled
        }
        if mustSchedule { lane.schedule(self) }
    }

    /// Asks whether there is room for entries.
    func probe(bytes: Int) {
        let mustSchedule = queue.withLock { queue in
            queue.probe = bytes
            defer { queue.isScheduled = true }
            return !queue.isScheduled
        }
        if mustSchedule { lane.schedule(self) }
    }

    func run() {
        while true {
            let work: Queue? = queue.withLock { queue in
                if queue.batches.isEmpty, queue.reads.isEmpty, queue.probe == nil {
                    queue.isScheduled = false
                    return nil
                }
                let work = queue
                queue.batches = []
                queue.ids = []
                queue.reads = []
                queue.probe = nil
                return work
            }
            guard let work else { return }
            // Under load this never returns, so that no beat gets its turn.
            pulse.wrote()
            if work.hasFailed { continue }
            if !work.batches.isEmpty {
                do {
                    let outcome = try sequence.withLock {
                        try $0.write(work.batches, work.ids) { try self.commit($0) }
                    }
                    if !outcome.persisted.isEmpty { report(.persisted(outcome.persisted)) }
                    if !outcome.refused.isEmpty { report(.refused(outcome.refused, outcome.reason)) }
                } catch {
                    if configuration.breaks(.goOnAfterFailedWrite) {
                        report(.persisted(work.ids))
                        continue
                    }
                    // The first failure is final: nothing after it counts (rule D2).
                    queue.withLock { $0.hasFailed = true }
                    report(.failed(error))
                    continue
                }
            }
            for read in work.reads { perform(read) }
            if let bytes = work.probe { perform(probe: bytes) }
        }
    }

    private func perform(probe bytes: Int) {
        do {
            report(.probed(hasRoom: try storage.hasRoom(forEntries: bytes)))
        } catch {
            report(.failed(error))
        }
    }

    /// The hard state that is durable; nil when none was written since the start. On storage's lane.
    var hardState: HardState? { sequence.withLock { $0.hardState } }

    /// How long transactions took until they were durable, in nanoseconds. Any thread.
    var durations: RaftHistogram { measured.withLock { $0.copied() } }

    private func commit(_ batches: [StorageBatch]) throws {
        let start = clock()
        try write(batches)
        let took = clock() - start
        measured.withLock { $0.record(took) }
    }

    private func write(_ batches: [StorageBatch]) throws {
        if configuration.breaks(.tearCommit) {
            for batch in batches { for part in batch.parts { try storage.commit([part]) } }
            return
        }
        do {
            try storage.commit(batches)
        } catch {
            guard configuration.breaks(.retryFailedSync) else { throw error }
            try storage.commit([])
        }
    }

    private func perform(_ read: Read) {
        do {
            let batch = try storage.entries(of: group, in: read.range, maxBytes: configuration.maximumRequestBytes)
            report(.read(batch, for: read.peer, stream: read.stream))
        } catch let error as StorageError where error.code == .missing {
            // A truncation may have overtaken the read.
            report(.read(.empty, for: read.peer, stream: read.stream))
        } catch {
            report(.failed(error))
        }
    }
}

enum StorageReport: Sendable {
    case persisted([WriteID])
    /// There is no room for these; why.
    case refused([WriteID], String)
    case probed(hasRoom: Bool)
    case read(EntryBatch, for: NodeID, stream: UInt32)
    case failed(any Error)
}
