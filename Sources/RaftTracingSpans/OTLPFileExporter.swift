internal import Glibc
public import RaftTracing
import RaftThreads

/// Appends spans to a file as lines of OTLP's JSON, which the OpenTelemetry collector reads (`otlpjsonfilereceiver`).
///
/// A disk that hangs blocks whoever writes to it, so that ``export(_:)`` only queues, and a thread of the exporter's own
/// writes. A full queue drops spans and counts them. A line is one write to the end of the file, so that several processes
/// may share it, and whoever rotates it copies and truncates it. Any thread.
public final class OTLPFileExporter: SpanExporter {
    private struct Queue {
        var pending: [FinishedSpan] = []
        var dropped: UInt64 = 0
        var isDraining = false
    }

    private let queue = Monitor(Queue())
    private let worker = WorkerThread(name: "raft-spans")
    private let file: SpanFile
    private let capacity: Int

    /// - Parameters:
    ///   - path: Made when it is not there; added to when it is.
    ///   - resource: Who records, such as `service.name`.
    ///   - capacity: Spans that wait for the disk at most.
    /// - Throws: `SpanFileError` when the file cannot be opened.
    public init(path: String, resource: [TraceField], capacity: Int = 8192) throws(SpanFileError) {
        file = try SpanFile(path: path, resource: resource)
        self.capacity = max(1, capacity)
    }

    /// Spans that found no room, or that the disk did not take.
    public var dropped: UInt64 { queue.withLock { $0.dropped } }

    public func export(_ span: FinishedSpan) {
        let mustStart = queue.withLock { queue -> Bool in
            guard queue.pending.count < capacity else {
                queue.dropped += 1
                return false
            }
            queue.pending.append(span)
            defer { queue.isDraining = true }
            return !queue.isDraining
        }
        if mustStart { worker.schedule { [queue, file] in Self.drain(queue, file) } }
    }

    /// Waits until everything exported before is written, one second at most.
    public func flush() {
        let deadline = MonotonicClock.nanoseconds() + 1_000_000_000
        queue.wait { queue -> WaitStep<Void> in
            let now = MonotonicClock.nanoseconds()
            return queue.isDraining && now < deadline ? .waitAtMost(deadline - now) : .done(())
        }
    }

    /// Writes until nothing is left. Runs on the exporter's thread.
    private static func drain(_ queue: Monitor<Queue>, _ file: SpanFile) {
        var batch: [FinishedSpan] = []
        while true {
            let goesOn = queue.withLock { queue -> Bool in
                batch.removeAll(keepingCapacity: true)
                swap(&queue.pending, &batch)
                queue.isDraining = !batch.isEmpty
                return queue.isDraining
            }
            guard goesOn else { break }
            if !file.append(batch) {
                let lost = UInt64(batch.count)
                queue.withLock { $0.dropped += lost }
            }
        }
        queue.signal()
    }
}

/// Why spans cannot be written.
public struct SpanFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One line.
    public var message: String
    public var description: String { message }
}

/// An open file. Written to by one thread.
private final class SpanFile: Sendable {
    private let descriptor: CInt
    private let resource: [TraceField]

    init(path: String, resource: [TraceField]) throws(SpanFileError) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            throw SpanFileError(message: "spans cannot be written to \(path): \(String(cString: strerror(errno)))")
        }
        self.resource = resource
    }

    deinit { close(descriptor) }

    /// - Returns: Whether all of it is in the file.
    func append(_ spans: [FinishedSpan]) -> Bool {
        let bytes = OTLPText.line(spans, resource: resource)
        return bytes.withUnsafeBytes { bytes in
            var offset = 0
            while offset < bytes.count {
                let count = write(descriptor, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                offset += count
            }
            return true
        }
    }
}
