internal import Glibc
internal import RaftThreads
public import RaftTracing

/// Writes events to journald as structured records: `MESSAGE`, `MESSAGE_ID`, `PRIORITY`, `CODE_…`, `RAFT_…`.
///
/// A journald that stands still blocks whoever writes to it, for ever. So ``record(_:)`` only queues, a thread of the
/// sink's own writes, and a full queue drops events, counts them and reports them with one
/// ``EventKind/recordsDropped`` when there is room again. Where there is no journal, events go to the fallback.
///
/// Needs the package trait `Journald` (on by default); without it everything goes to the fallback. Any thread.
public final class JournaldSink: TraceSink {
    private struct Queue {
        var pending: [TraceEvent] = []
        /// How many events are accepted and not written yet, pending or in the writer's hands.
        var held = 0
        var dropped = 0
        var totalDropped = 0
        /// Whether a drain is scheduled or running; it takes what comes meanwhile.
        var isDraining = false
    }

    /// What the writing thread needs: apart from the sink, so that the thread does not keep the sink alive.
    private struct Output: Sendable {
        let queue = Monitor(Queue())
        let writer: any JournalWriter
        let fallback: any TraceSink
        let identifier: String
    }

    private let output: Output
    private let capacity: Int
    private let flushLimit: UInt64
    private let worker: WorkerThread

    /// - Parameters:
    ///   - identifier: `SYSLOG_IDENTIFIER`, by which `journalctl -t` finds the records.
    ///   - fallback: Takes events while there is no journal.
    ///   - capacity: How many events wait for the journal at most.
    public convenience init(identifier: String, fallback: StandardErrorSink, capacity: Int = 4096) {
        self.init(
            identifier: identifier, fallback: fallback, capacity: capacity, flushLimit: 1_000_000_000,
            writer: SystemJournal())
    }

    /// - Parameter flushLimit: How long ``flush()`` waits at most, in nanoseconds.
    init(
        identifier: String, fallback: any TraceSink, capacity: Int, flushLimit: UInt64, writer: any JournalWriter
    ) {
        output = Output(writer: writer, fallback: fallback, identifier: identifier)
        self.capacity = max(capacity, 1)
        self.flushLimit = flushLimit
        worker = WorkerThread(name: "raft-journal")
    }

    /// Whether this build can write to journald and journald's socket is there.
    public static var isAvailable: Bool {
        SystemJournal.isAvailable
    }

    /// Whether standard error leads to the journal (`JOURNAL_STREAM`): the program runs as a service whose output
    /// systemd collects, and structured records belong there too.
    public static var standardErrorIsJournal: Bool {
        isJournal(getenv("JOURNAL_STREAM").map { String(cString: $0) }, STDERR_FILENO)
    }

    /// Whether a descriptor is the stream, `DEVICE:INODE`, that the service manager connected to the journal.
    static func isJournal(_ stream: String?, _ descriptor: CInt) -> Bool {
        var status = stat()
        guard let stream, fstat(descriptor, &status) == 0 else { return false }
        return stream == "\(status.st_dev):\(status.st_ino)"
    }

    public var droppedRecords: Int? { output.queue.withLock { $0.totalDropped } }

    public func record(_ event: TraceEvent) {
        let mustStart = output.queue.withLock { queue -> Bool in
            guard queue.held < capacity else {
                queue.dropped += 1
                queue.totalDropped += 1
                return false
            }
            queue.pending.append(event)
            queue.held += 1
            defer { queue.isDraining = true }
            return !queue.isDraining
        }
        if mustStart { worker.schedule { [output] in Self.drain(output) } }
    }

    /// Waits until everything recorded before is written, one second at most: a journald that stands still must not
    /// hang a shutdown.
    public func flush() {
        let deadline = MonotonicClock.nanoseconds() + flushLimit
        output.queue.wait { queue -> WaitStep<Void> in
            if !queue.isDraining { return .done(()) }
            let now = MonotonicClock.nanoseconds()
            return now < deadline ? .waitAtMost(deadline - now) : .done(())
        }
        output.fallback.flush()
    }

    /// Writes until nothing is left. Runs on the sink's thread.
    private static func drain(_ output: Output) {
        while let (batch, dropped) = takeAll(output.queue) {
            for event in batch {
                write(event, output)
                output.queue.withLock { $0.held -= 1 }
            }
            // Events were dropped when the queue was full: after the ones in it.
            if dropped > 0 {
                write(.recordsDropped(dropped, by: "the journal", at: WallClock.nanoseconds()), output)
            }
        }
        output.queue.signal()
    }

    /// Takes what is pending; `nil`, and the drain is over, when that is nothing.
    private static func takeAll(_ queue: Monitor<Queue>) -> ([TraceEvent], Int)? {
        queue.withLock { queue in
            guard !queue.pending.isEmpty || queue.dropped > 0 else {
                queue.isDraining = false
                return nil
            }
            let taken = (queue.pending, queue.dropped)
            queue.pending = []
            queue.dropped = 0
            return taken
        }
    }

    private static func write(_ event: TraceEvent, _ output: Output) {
        if !output.writer.write(JournalRecord(event, identifier: output.identifier)) { output.fallback.record(event) }
    }
}
