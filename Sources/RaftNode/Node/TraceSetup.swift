import Glibc
import RaftMembership
import RaftTracing
import RaftTracingJournald
import RaftTracingSpans

/// Makes a node's tracer from its configuration.
enum TraceSetup {
    /// - Throws: `RegistryError`, what the sink's module throws, or `FlightRecorderError` or `SpanFileError` for a file that was
    ///   asked for.
    static func tracer(_ configuration: NodeConfiguration, _ registry: ModuleRegistry) throws -> Tracer {
        let name = configuration.traceSink == "auto" ? automatic() : configuration.traceSink
        let sink = try registry.traceSink(name).make(ModuleContext(configuration: configuration))
        var failure: FlightRecorderError?
        let recorder = try recorder(configuration, &failure)
        let tracer = Tracer(
            sink: sink, level: configuration.traceLevel,
            fields: [.cluster(configuration.cluster), .node(configuration.id.rawValue)], recorder: recorder,
            spans: try spans(configuration, sink))
        // The modules of a node, so that there is a level to set before they say anything.
        for module in ["core", "storage", "transport", "clients", "machine"] { _ = tracer.scoped(to: module) }
        for each in configuration.traceModules { tracer.scoped(to: each.module).setLevel(each.level, of: each.module) }
        if let failure { tracer.warning(.configurationIgnored, "\(failure)", [.reason(failure.description)]) }
        return tracer
    }

    private static func spans(
        _ configuration: NodeConfiguration, _ sink: any TraceSink
    ) throws(SpanFileError) -> SpanSource? {
        let exporter: any SpanExporter
        switch configuration.spans {
        case .none: return nil
        case .sink: exporter = SinkSpanExporter(sink)
        case .otlp:
            let id = "\(configuration.id)"
            exporter = try OTLPFileExporter(
                path: configuration.spansFile ?? "",
                resource: [
                    TraceField("service.name", "raftd"),
                    TraceField("service.namespace", .string(configuration.cluster)),
                    TraceField("service.instance.id", .string(id)),
                ], warnings: sink)
        }
        return SpanSource(SpanRecorder(exporter: exporter, oneIn: configuration.sampleOneIn))
    }

    /// - Parameter failure: set when there is no file where one was not asked for: then it is memory.
    private static func recorder(
        _ configuration: NodeConfiguration, _ failure: inout FlightRecorderError?
    ) throws(FlightRecorderError) -> FlightRecorder? {
        guard configuration.recorderEvents > 0 else { return nil }
        func make(_ path: String?) throws(FlightRecorderError) -> FlightRecorder {
            try FlightRecorder(
                events: configuration.recorderEvents, cluster: configuration.cluster, node: configuration.id.rawValue,
                path: path)
        }
        if let path = configuration.recorderFile { return try make(path) }
        // Several directories are separated by colons; the first is the service's own.
        let directory = getenv("RUNTIME_DIRECTORY").map { String(cString: $0) }?.split(separator: ":").first
        guard let directory else { return try make(nil) }
        do {
            return try make("\(directory)/\(configuration.id).trace")
        } catch {
            failure = error
            return try make(nil)
        }
    }

    /// Structured records where standard error is the journal anyway; text for whoever looks at a terminal or a file.
    private static func automatic() -> String {
        JournaldSink.isAvailable && JournaldSink.standardErrorIsJournal ? "journald" : "stderr"
    }
}
