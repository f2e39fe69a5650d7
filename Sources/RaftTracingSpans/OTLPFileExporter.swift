internal import Glibc
import RaftThreads
public import RaftTracing

/// Appends spans to a file as lines of OTLP's JSON, which the OpenTelemetry collector reads (`otlpjsonfilereceiver`).
///
/// A disk that hangs blocks whoever writes to it, so that ``export(_:)`` only queues, and a thread of the exporter's own
/// writes. A full queue drops spans, as a full disk does; they are counted, and told with one
/// ``RaftTracing/EventKind/recordsDropped`` when writing works again, or is over. A line is one write to the end of the file, so
/// that several processes may share it, and whoever rotates it copies and truncates it. Any thread.
public final class OTLPFileExporter: SpanExporter {
    private struct Queue {
        var pending: [FinishedSpan] = []
        var dropped: UInt64 = 0
        var isDraining = false
    }

    /// What the writing thread needs: apart from the exporter, so that the thread does not keep it alive.
    private struct Output: Sendable {
        let queue = Monitor(Queue())
        let file: SpanFile
        let warnings: any TraceSink
        let path: String
    }

    private let output: Output
    private let worker = WorkerThread(name: "raft-spans")
    private let capacity: Int

    /// - Parameters:
    ///   - path: Made when it is not there; added to when it is.
    ///   - resource: Who records, such as `service.name`.
    ///   - warnings: Is told when spans were dropped.
    ///   - capacity: Spans that wait for the disk at most.
    /// - Throws: `SpanFileError` when the file cannot be opened.
    public init(
        path: String, resource: [TraceField], warnings: any TraceSink = FanOutSink([]), capacity: Int = 8192
    ) throws(SpanFileError) {
        output = Output(file: try SpanFile(path: path, resource: resource), warnings: warnings, path: path)
        self.capacity = max(1, capacity)
    }

    /// Spans that found no room, or that the disk did not take.
    public var dropped: UInt64 { output.queue.withLock { $0.dropped } }

    public func export(_ span: FinishedSpan) {
        let mustStart = output.queue.withLock { queue -> Bool in
            guard queue.pending.count < capacity else {
                queue.dropped += 1
                return false
            }
            queue.pending.append(span)
            defer { queue.isDraining = true }
            return !queue.isDraining
        }
        if mustStart { worker.schedule { [output] in Self.drain(output) } }
    }

    /// Waits until everything exported before is written, one second at most.
    public func flush() {
        let deadline = MonotonicClock.nanoseconds() + 1_000_000_000
        output.queue.wait { queue -> WaitStep<Void> in
            let now = MonotonicClock.nanoseconds()
            return queue.isDraining && now < deadline ? .waitAtMost(deadline - now) : .done(())
        }
    }

    /// Writes until nothing is left. Runs on the exporter's thread.
    private static func drain(_ output: Output) {
        let before = output.queue.withLock { $0.dropped }
        var batch: [FinishedSpan] = []
        while true {
            let goesOn = output.queue.withLock { queue -> Bool in
                batch.removeAll(keepingCapacity: true)
                swap(&queue.pending, &batch)
                return !batch.isEmpty
            }
            guard goesOn else {
                let dropped = output.queue.withLock { $0.dropped } - before
                if dropped > 0 {
                    output.warnings.record(
                        .recordsDropped(
                            Int(clamping: dropped), by: "the file of spans \(output.path)", at: WallClock.nanoseconds())
                    )
                }
                // What came meanwhile is still for this drain.
                if output.queue.withLock({ queue in
                    queue.isDraining = !queue.pending.isEmpty
                    return !queue.isDraining
                }) {
                    break
                }
                continue
            }
            let lost = output.file.append(batch[...])
            if lost > 0 { output.queue.withLock { $0.dropped += UInt64(lost) } }
        }
        output.queue.signal()
    }
}

/// Why spans cannot be written.
public struct SpanFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One line.
    public var message: String
    public var description: String { message }
}
