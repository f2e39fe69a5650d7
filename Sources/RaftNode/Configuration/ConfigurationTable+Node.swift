import RaftCore
import RaftTracing

extension ConfigurationTable {
    /// The node's own keys, and those of modules behind them.
    init(
        storages: [String], transports: [String], machines: [String], sinks: [String], moduleKeys: [ConfigurationKey]
    ) {
        let hour: UInt64 = 3_600_000_000_000
        let minute = hour / 60
        let standard = RaftConfiguration()
        let addresses = ConfigurationType.list("a list of addresses: unix:/path, unix:@name, tcp:host:port") {
            $0.isEmpty ? "is empty" : nil
        }
        var keys = [
            ConfigurationKey(
                "cluster", .name, standard: .text("raft"),
                summary: "The cluster's name; nodes of another name are refused"),
            ConfigurationKey("node.id", .integer(in: 1...Int.max), summary: "This node's number in the cluster"),
            ConfigurationKey("node.data", .text, summary: "The directory of this node's data, for storage on disk"),
            ConfigurationKey(
                "node.mark", .text,
                summary: "The file that shows whether the data is complete; apart from it, best on another disk; "
                    + "when not given, node.data with .mark"),
            ConfigurationKey(
                "node.handover", .duration(in: 0...minute), standard: .text("5s"),
                summary: "How long a leader that is to stop waits for another to take over, at most; 0s: not at all"),
            ConfigurationKey(
                "storage.module", .choice(storages), standard: .text("lmdb"), summary: "Where the log is kept"),
            ConfigurationKey(
                "transport.module", .choice(transports), standard: .text("unix"), summary: "How members talk"),
            ConfigurationKey(
                "transport.listen", addresses, standard: .list([]),
                summary: "Where other members reach this node; when empty, its own address in members"),
            ConfigurationKey(
                "clients.listen", addresses, standard: .list([]), summary: "Where clients and raftctl reach this node"),
            ConfigurationKey(
                "clients.allowInsecureTCP", .boolean, standard: .boolean(false),
                summary: "Allow clients over TCP beyond loopback, in clear text, where the network itself is protected"),
            ConfigurationKey(
                "clients.maximumConnections", .integer(in: 1...1 << 20),
                standard: .integer(ClientLimits().maximumConnections),
                summary: "Clients at a time; one more is told so and closed"),
            ConfigurationKey(
                "clients.drain", .duration(in: 0...minute), standard: .text("5s"),
                summary: "How long a node that is to stop waits for answers that are under way, at most"),
            ConfigurationKey(
                "machine.module", .choice(machines), standard: .text("keyvalue"), summary: "What the cluster runs"),
            ConfigurationKey(
                "members",
                .list("a list of members ID=ADDRESS, such as 1=unix:/run/raftd/1.sock") {
                    ConfiguredMember($0) == nil ? "is no ID=ADDRESS" : nil
                },
                standard: .list([]), summary: "The members to form the cluster of"),
            ConfigurationKey(
                "bootstrap", .boolean, standard: .boolean(false),
                summary: "Take part in forming the cluster from exactly these members, when all of them are pristine"),
            ConfigurationKey(
                "raft.heartbeat", .duration(in: 1_000_000...hour),
                standard: .text(DurationText(standard.heartbeatInterval).description),
                summary: "Between two heartbeats of a leader"),
            ConfigurationKey(
                "raft.election", .durationRange,
                standard: .text(DurationRangeText(standard.electionTimeout).description),
                summary: "The election time-out is drawn from this range; at least twice the heartbeat"),
            ConfigurationKey(
                "raft.electionPriority", .integer(in: 0...10), standard: .integer(standard.electionPriority),
                summary: "From 0, the last to campaign, to 10; lengthens the node's own election time-out, no more"),
            ConfigurationKey(
                "raft.diskStall", .duration(in: 2_000_000...hour),
                standard: .text(DurationText(standard.diskStall).description),
                summary:
                    "A leader whose disk has not finished a write for so long hands over or steps down; at least twice the heartbeat"
            ),
            ConfigurationKey(
                "raft.snapshotInterval", .duration(in: 0...24 * hour),
                standard: .text(DurationText(standard.snapshotInterval).description),
                summary: "A snapshot is taken whenever so much time has passed, at least 1s; 0s for no such policy"),
            ConfigurationKey(
                "raft.sessionTimeout", .duration(in: 1_000_000_000...8760 * hour),
                standard: .text(DurationText(standard.sessions.timeout).description),
                summary:
                    "A client session that was not used for so long expires; a leader's value holds for its cluster"),
        ]
        keys += RaftLimit.all.map { limit in
            let value = standard[keyPath: limit.path]
            return ConfigurationKey(
                limit.key, limit.isBytes ? .bytes(in: limit.range) : .integer(in: limit.range),
                standard: limit.isBytes ? .text(ByteCountText(value).description) : .integer(value),
                summary: limit.summary)
        }
        keys += [
            ConfigurationKey(
                "tracing.sink", .choice(["auto"] + sinks), standard: .text("auto"),
                summary: "Where records go; auto is journald when standard error is the journal, else stderr"),
            ConfigurationKey(
                "tracing.level", .choice(TraceLevel.allCases.map(\.name)), standard: .text("info"),
                summary: "The lowest level that is recorded"),
            ConfigurationKey(
                "metrics.listen", addresses, standard: .list([]),
                summary: "Where GET /metrics is answered over HTTP; nowhere when empty"),
            ConfigurationKey(
                "metrics.allowInsecureTCP", .boolean, standard: .boolean(false),
                summary: "Allow metrics over TCP beyond loopback, in clear text, where the network itself is protected"),
            ConfigurationKey(
                "metrics.interval", .duration(in: 100_000_000...hour), standard: .text("10s"),
                summary: "How often metrics go to the backend of swift-metrics, where the program has one"),
            ConfigurationKey(
                "tracing.modules",
                .list("a list of MODULE=LEVEL, such as transport=debug") {
                    ConfiguredLevel($0) == nil ? "is no MODULE=LEVEL" : nil
                },
                standard: .list([]), summary: "Levels of single modules: core, storage, transport, clients, machine"),
            ConfigurationKey(
                "tracing.recorderEvents", .integer(in: 0...1_048_576), standard: .integer(8192),
                summary: "How many events the flight recorder keeps, of every level, 256 bytes each; 0 for none"),
            ConfigurationKey(
                "tracing.recorderFile", .text,
                summary: "Where it keeps them, for when the process is gone; best on a file system in memory; when not "
                    + "given, NODE.trace in $RUNTIME_DIRECTORY, and in memory alone where there is none"),
            ConfigurationKey(
                "tracing.spans", .choice(SpanOutput.allCases.map(\.rawValue)), standard: .text("none"),
                summary: "Where spans go: sink is where records go too, otlp the file named by tracing.spansFile"),
            ConfigurationKey(
                "tracing.spansFile", .text,
                summary: "With otlp: the file that spans are added to, in lines that the OpenTelemetry collector reads"),
            ConfigurationKey(
                "tracing.sampleOneIn", .integer(in: 0...1_000_000_000), standard: .integer(0),
                summary: "Requests without a trace context are traced once in so many; 0 for none. Those with one are "
                    + "traced as it says, elections and snapshots always"),
            ConfigurationKey(
                "plugins",
                .list("an empty list") { _ in "cannot be loaded: loadable plugins come with a later release" },
                standard: .list([]), summary: "Paths of loadable plugins; must be empty in this release"),
        ]
        self.init(keys + moduleKeys)
    }
}
