import FoundationEssentials
import RaftNode

/// The package's directory.
let packageDirectory = String(
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/"))

/// The example of the interfaces, word for word.
let exampleYAML = """
    cluster: demo                          # a cluster's name; its identity is made when it is formed
    node: { id: 1, data: /var/lib/raftd/1 }
    storage: { module: lmdb }              # lmdb | memory | the name of a plugin
    transport: { module: unix, listen: ["unix:/run/raftd/1.sock"] }
    clients: { listen: ["unix:/run/raftd/1.client.sock"] }
    machine: { module: keyvalue }
    members: ["1=unix:/run/raftd/1.sock", "2=unix:/run/raftd/2.sock", "3=unix:/run/raftd/3.sock"]
    bootstrap: true                        # take part in forming the cluster from exactly these members; M9: only when all of them answer that they are pristine
    raft: { heartbeat: 50ms, election: 150ms..300ms, snapshotEntries: 10000 }
    tracing: { sink: auto, level: info }   # auto = journald when its socket is there and stderr is the journal, else stderr
    plugins: []                            # paths of loadable plugins
    """

func builtins() throws -> ModuleRegistry {
    var registry = ModuleRegistry()
    try BuiltinModules.register(into: &registry)
    return registry
}

func load(
    _ yaml: String?, settings: [String] = [], environment: [String: String] = [:], registry: ModuleRegistry? = nil
) throws -> NodeConfiguration {
    try NodeConfiguration(
        yaml: yaml, path: "node.yaml", settings: settings, environment: environment,
        registry: try registry ?? builtins())
}

/// What is said about a configuration that must not pass.
func complaint(
    _ yaml: String?, settings: [String] = [], environment: [String: String] = [:]
) throws -> String {
    do {
        _ = try load(yaml, settings: settings, environment: environment)
        return "accepted"
    } catch let error as ConfigurationError {
        return error.description
    }
}

/// A directory of its own for one test.
func withTemporaryDirectory<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    // Short: the address of a socket in it must fit into 107 bytes.
    let path = "/tmp/raft.\(UInt64.random(in: 0...0xFF_FFFF_FFFF))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    do {
        let value = try await body(path)
        try? FileManager.default.removeItem(atPath: path)
        return value
    } catch {
        try? FileManager.default.removeItem(atPath: path)
        throw error
    }
}
