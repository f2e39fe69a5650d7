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
    private let writer: BoundedWriter<TraceEvent>
    private let fallback: any TraceSink
    private let flushLimit: UInt64

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
        @Sendable func write(_ event: TraceEvent) {
            if !writer.write(JournalRecord(event, identifier: identifier)) { fallback.record(event) }
        }
        self.writer = BoundedWriter(
            name: "raft-journal", capacity: capacity,
            write: { events in
                for event in events { write(event) }
                return 0
            },
            report: { write(.recordsDropped($0, by: "the journal", at: WallClock.nanoseconds())) })
        self.fallback = fallback
        self.flushLimit = flushLimit
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

    public var droppedRecords: Int? { writer.totalDropped + (fallback.droppedRecords ?? 0) }

    public func record(_ event: TraceEvent) { writer.add(event) }

    /// Waits until everything recorded before is written, one second at most: a journald that stands still must not
    /// hang a shutdown.
    public func flush() {
        writer.flush(within: flushLimit)
        fallback.flush()
    }
}
