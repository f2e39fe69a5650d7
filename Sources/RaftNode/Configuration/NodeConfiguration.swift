public import RaftCore
public import RaftMembership
public import RaftTracing

/// What a node is to be: checked as a whole, before anything is opened.
public struct NodeConfiguration: Sendable {
    /// The operator's name for the cluster.
    public var cluster: String
    public var id: NodeID
    /// Where storage that needs a directory keeps its data.
    public var dataDirectory: String?
    /// Where the node's mark is kept (rule M10); nil for the storage's own choice, `dataDirectory` and `.mark`.
    public var mark: String?
    /// How long a leader that is to stop waits for another to take over, in nanoseconds.
    public var handover: UInt64
    public var storageModule: String
    public var transportModule: String
    /// Where other members reach this node.
    public var listen: [String]
    /// Where clients reach it.
    public var clientsListen: [String]
    /// Whether that may be TCP beyond loopback, in clear text (rule N3).
    public var clientsAllowInsecureTCP: Bool
    public var clientsMaximumConnections: Int
    /// How long a node that is to stop waits for answers that are under way, in nanoseconds.
    public var clientsDrain: UInt64
    /// Where metrics are served over HTTP.
    public var metricsListen: [String]
    /// Whether that may be TCP beyond loopback, in clear text (rule N3).
    public var metricsAllowInsecureTCP: Bool
    /// Nanoseconds between two looks of the backend of swift-metrics.
    public var metricsInterval: UInt64
    public var machineModule: String
    public var members: [ConfiguredMember]
    /// Whether to take part in forming the cluster from exactly `members` (rule M9).
    public var bootstrap: Bool
    public var raft: RaftConfiguration
    /// A registered trace sink, or `auto`.
    public var traceSink: String
    public var traceLevel: TraceLevel
    /// Of single modules.
    public var traceModules: [ConfiguredLevel]
    /// How many events the flight recorder keeps; 0 for none.
    public var recorderEvents: Int
    /// Where it keeps them; nil for `NODE.trace` in the runtime directory, or memory.
    public var recorderFile: String?
    /// Where spans go.
    public var spans: SpanOutput
    /// For `otlp`.
    public var spansFile: String?
    /// Requests without a context are traced once in so many; 0 for none.
    public var sampleOneIn: Int
    /// What is allowed and may not be meant: told at start and by `raftd check`.
    public var hints: [ConfigurationHint]
    /// The values behind all of the above and those that modules read for themselves.
    public var settings: ConfigurationSettings
}

/// Where a node's spans go.
public enum SpanOutput: String, Hashable, Sendable, CaseIterable {
    case none
    /// To the trace sink, one record each.
    case sink
    /// To a file, as OTLP's JSON.
    case otlp
}

/// A remark on the configuration that is no error.
public struct ConfigurationHint: Hashable, Sendable, CustomStringConvertible {
    public var key: String
    public var origin: ConfigurationOrigin?
    /// Whether the key's value has no effect at all.
    public var isIgnored: Bool
    public var message: String

    public var description: String {
        [origin?.description, key, message].compactMap(\.self).joined(separator: ": ")
    }
}

extension NodeConfiguration {
    /// Reads and checks a configuration.
    /// - Parameters:
    ///   - yaml: the text of the file; nil when there is none.
    ///   - path: the file's, for messages.
    ///   - settings: `KEY=VALUE` texts, which count before everything else.
    ///   - environment: of the process; only `RAFTD_…` is looked at. Counts before the file.
    ///   - registry: which modules there are, and their keys.
    /// - Throws: `ConfigurationError` for the first thing that is wrong.
    public init(
        yaml: String?, path: String, settings: [String] = [], environment: [String: String] = [:],
        registry: ModuleRegistry
    ) throws(ConfigurationError) {
        let table = registry.table
        var sources = [
            try ConfigurationSource(settings: settings, table),
            try ConfigurationSource(environment: environment, table),
        ]
        if let yaml { sources.append(try ConfigurationSource(yaml: yaml, path: path, table)) }
        try self.init(ConfigurationSettings(table: table, sources: sources), registry)
    }

    private init(_ settings: ConfigurationSettings, _ registry: ModuleRegistry) throws(ConfigurationError) {
        cluster = try settings.text("cluster")
        id = NodeID(UInt64(try settings.integer("node.id")))
        dataDirectory = settings.value("node.data") == nil ? nil : try settings.text("node.data")
        mark = settings.value("node.mark") == nil ? nil : try settings.text("node.mark")
        handover = try settings.duration("node.handover")
        storageModule = try settings.text("storage.module")
        transportModule = try settings.text("transport.module")
        clientsListen = try settings.list("clients.listen")
        clientsAllowInsecureTCP = try settings.boolean("clients.allowInsecureTCP")
        clientsMaximumConnections = try settings.integer("clients.maximumConnections")
        clientsDrain = try settings.duration("clients.drain")
        metricsListen = try settings.list("metrics.listen")
        metricsAllowInsecureTCP = try settings.boolean("metrics.allowInsecureTCP")
        metricsInterval = try settings.duration("metrics.interval")
        machineModule = try settings.text("machine.module")
        members = try settings.list("members").compactMap(ConfiguredMember.init)
        bootstrap = try settings.boolean("bootstrap")
        raft = try Self.raft(settings)
        traceSink = try settings.text("tracing.sink")
        traceLevel = TraceLevel(try settings.text("tracing.level")) ?? .info
        traceModules = try settings.list("tracing.modules").compactMap(ConfiguredLevel.init)
        recorderEvents = try settings.integer("tracing.recorderEvents")
        recorderFile = settings.value("tracing.recorderFile") == nil ? nil : try settings.text("tracing.recorderFile")
        spans = SpanOutput(rawValue: try settings.text("tracing.spans")) ?? .none
        spansFile = settings.value("tracing.spansFile") == nil ? nil : try settings.text("tracing.spansFile")
        sampleOneIn = try settings.integer("tracing.sampleOneIn")
        hints = []
        self.settings = settings
        let listen = try settings.list("transport.listen")
        let own = members.first { [id] in $0.id == id }?.address
        // A node that is named among the members has said already where it is.
        self.listen = listen.isEmpty ? own.map { [$0] } ?? [] : listen

        do {
            try check(registry)
        } catch let problem as ConfigurationProblem {
            throw settings.error(problem)
        } catch let error as ConfigurationError {
            throw error
        } catch {
            throw ConfigurationError("\(error)")
        }
        hints = makeHints()
    }

    private static func raft(_ settings: ConfigurationSettings) throws(ConfigurationError) -> RaftConfiguration {
        var raft = RaftConfiguration()
        raft.heartbeatInterval = try settings.duration("raft.heartbeat")
        raft.electionTimeout = try settings.durationRange("raft.election")
        raft.electionPriority = try settings.integer("raft.electionPriority")
        raft.diskStall = try settings.duration("raft.diskStall")
        raft.snapshotInterval = try settings.duration("raft.snapshotInterval")
        raft.sessions.timeout = try settings.duration("raft.sessionTimeout")
        for limit in RaftLimit.all {
            raft[keyPath: limit.path] =
                limit.isBytes ? try settings.bytes(limit.key) : try settings.integer(limit.key)
        }
        do {
            try raft.validate()
        } catch {
            // The first word names the field.
            let field = "raft." + error.message.prefix { $0.isLetter }
            throw settings.error(
                ConfigurationProblem(settings.table[field] == nil ? "raft.heartbeat" : field, error.message))
        }
        return raft
    }
}
