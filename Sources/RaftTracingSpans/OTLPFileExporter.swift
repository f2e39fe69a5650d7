import RaftThreads
public import RaftTracing

/// Appends spans to a file as lines of OTLP's JSON, as the OpenTelemetry collector's `otlpjsonfilereceiver` takes them.
///
/// A disk that hangs blocks whoever writes to it, so that ``export(_:)`` only queues, and a thread of the exporter's own
/// writes. A full queue drops spans, as a full disk does; they are counted, and told with one
/// ``RaftTracing/EventKind/recordsDropped``. A line is one write to the end of the file, so that several processes may share
/// it, and whoever rotates it copies and truncates it. Any thread.
public final class OTLPFileExporter: SpanExporter {
    /// In one line, more or less: readers of lines have limits, the collector's is a mebibyte.
    private static let spansOfALine = 256

    private let writer: BoundedWriter<FinishedSpan>

    /// - Parameters:
    ///   - path: Made when it is not there; added to when it is.
    ///   - resource: Who records, such as `service.name`.
    ///   - warnings: Is told when spans were dropped.
    ///   - capacity: Spans that wait for the disk at most.
    /// - Throws: `SpanFileError` when the file cannot be opened.
    public init(
        path: String, resource: [TraceField], warnings: any TraceSink = FanOutSink([]), capacity: Int = 8192
    ) throws(SpanFileError) {
        let file = try SpanFile(path: path, resource: resource)
        writer = BoundedWriter(
            name: "raft-spans", capacity: capacity, atOnce: Self.spansOfALine,
            write: { file.append($0) ? 0 : $0.count },
            report: {
                warnings.record(
                    .recordsDropped($0, by: "the file of spans \(path)", at: WallClock.nanoseconds()))
            })
    }

    /// Spans that found no room, or that the disk did not take.
    public var dropped: Int { writer.totalDropped }

    public func export(_ span: FinishedSpan) { writer.add(span) }

    /// Waits until everything exported before is written, one second at most.
    public func flush() { writer.flush(within: 1_000_000_000) }
}
