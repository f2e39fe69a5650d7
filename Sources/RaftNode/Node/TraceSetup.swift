import RaftMembership
import RaftTracing
import RaftTracingJournald

/// Makes a node's tracer from its configuration.
enum TraceSetup {
    /// - Throws: `RegistryError`, or what the sink's module throws.
    static func tracer(
        _ configuration: NodeConfiguration, _ registry: ModuleRegistry
    ) throws -> (tracer: Tracer, sink: any TraceSink) {
        let name = configuration.traceSink == "auto" ? automatic() : configuration.traceSink
        let sink = try registry.traceSink(name).make(ModuleContext(configuration: configuration))
        let tracer = Tracer(
            sink: sink, level: configuration.traceLevel,
            fields: [.cluster(configuration.cluster), .node(configuration.id.rawValue)])
        return (tracer, sink)
    }

    /// Structured records where standard error is the journal anyway; text for whoever looks at a terminal or a file.
    private static func automatic() -> String {
        JournaldSink.isAvailable && JournaldSink.standardErrorIsJournal ? "journald" : "stderr"
    }
}
