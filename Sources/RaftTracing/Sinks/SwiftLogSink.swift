public import Logging

/// Hands events to swift-log, for programs whose log goes through it already.
///
/// Levels map one to one, and the logger's own level applies after the tracer's. Fields become metadata under their
/// full names; the kind is `raft.event`. Whether a record can block is up to the log handler.
public struct SwiftLogSink: TraceSink {
    private let logger: Logger

    public init(_ logger: Logger) {
        self.logger = logger
    }

    public func record(_ event: TraceEvent) {
        let level: Logger.Level =
            switch event.level {
            case .trace: .trace
            case .debug: .debug
            case .info: .info
            case .notice: .notice
            case .warning: .warning
            case .error: .error
            case .critical: .critical
            }
        logger.log(
            level: level, "\(event.message)", metadata: Self.metadata(of: event), source: Self.source(of: event),
            file: event.file, function: event.function, line: event.line)
    }

    public func flush() {}

    private static func metadata(of event: TraceEvent) -> Logger.Metadata {
        var metadata: Logger.Metadata = ["raft.event": .string(event.kind.name)]
        for field in event.fields { metadata[field.key] = .string(field.value.description) }
        return metadata
    }

    /// The module of the call, which is what swift-log takes the source to be.
    private static func source(of event: TraceEvent) -> String {
        String(event.file.prefix { $0 != "/" })
    }
}
