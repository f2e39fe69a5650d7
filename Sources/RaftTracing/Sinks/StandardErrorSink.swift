internal import Glibc
internal import Synchronization

/// Writes each event as one line to standard error.
///
/// One `write(2)` a line, at most 4096 bytes, so that lines never mix, not even those of several processes on one pipe.
/// A reader that stands still never blocks the node: while the descriptor has no room, events are dropped, counted, and
/// reported by one ``EventKind/recordsDropped`` when there is room again. Any thread.
public final class StandardErrorSink: TraceSink {
    /// Whoever holds it is the only one of this process that writes.
    private struct Output {
        /// How many events were dropped since the last report.
        var dropped = 0
        var totalDropped = 0
        /// Whether the last line went out in part, as on a full disk.
        var isTorn = false
    }

    private let format: TraceFormat
    private let descriptor: CInt
    /// Whether the descriptor is this sink's own.
    private let isOwn: Bool
    private let output = Mutex(Output())

    /// - Parameters:
    ///   - format: Text for people or JSON for programs.
    ///   - descriptor: Where to write; standard error by default. It stays open and stays the caller's.
    public init(format: TraceFormat = .text, descriptor: Int32 = 2) {
        self.format = format
        let own = Self.withoutWaiting(descriptor)
        isOwn = own != nil
        self.descriptor = own ?? descriptor
    }

    deinit { if isOwn { close(descriptor) } }

    /// A terminal says that it has room when it has some, and then waits for the rest of a line's: opened once more, it can be
    /// told not to, without telling others who write there.
    private static func withoutWaiting(_ descriptor: CInt) -> CInt? {
        guard isatty(descriptor) == 1 else { return nil }
        let own = open("/proc/self/fd/\(descriptor)", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        return own >= 0 ? own : nil
    }

    public func record(_ event: TraceEvent) {
        let line = TraceLine(event, format)
        output.withLock { output in
            if output.dropped > 0 {
                let report = TraceEvent.recordsDropped(output.dropped, by: "standard error", at: event.time)
                guard write(TraceLine(report, format), &output) else { return drop(&output) }
                output.dropped = 0
            }
            if !write(line, &output) { drop(&output) }
        }
    }

    private func drop(_ output: inout Output) {
        output.dropped += 1
        output.totalDropped += 1
    }

    public var droppedRecords: Int? { output.withLock { $0.totalDropped } }

    /// Nothing is held back.
    public func flush() {}

    /// Writes a line when that needs no waiting.
    private func write(_ line: TraceLine, _ output: inout Output) -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        // No room, no reader (a write would raise SIGPIPE) or no such descriptor: dropped.
        guard poll(&request, 1, 0) == 1, request.revents == Int16(POLLOUT) else { return false }
        let bytes = output.isTorn ? [UInt8(ascii: "\n")] + line.bytes : line.bytes
        let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if written > 0 { output.isTorn = written < bytes.count }
        return written == bytes.count
    }
}
