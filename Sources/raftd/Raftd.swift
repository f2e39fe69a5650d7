import ArgumentParser
import RaftNode

/// The node as a daemon.
@main
struct Raftd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "raftd",
        abstract: "A node of a Raft cluster.",
        discussion:
            "Exit codes: 0 done, 1 failed, 64 usage or configuration, 65 amnesiac data, 70 the node stopped itself.",
        version: "raftd \(BuiltinModules.version)",
        subcommands: [
            Run.self, Check.self, Inspect.self, Recover.self, Restore.self, Plugins.self, Events.self,
            Spans.self,
        ])
}

/// The modules of this program. A daemon with modules of its own registers them here, in the same way.
func makeRegistry() throws -> ModuleRegistry {
    var registry = ModuleRegistry()
    try BuiltinModules.register(into: &registry)
    return registry
}
