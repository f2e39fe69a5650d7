import RaftCore
import RaftKeyValue
import RaftNode
import RaftTracing
import Testing

@Suite("The registry")
struct ModuleRegistryTests {
    @Test("lists the built-in modules by kind")
    func listings() throws {
        let lines = try builtins().listings.map { "\($0.kind) \($0.name)" }
        #expect(
            lines == [
                "storage lmdb", "storage memory", "transport unix", "machine keyvalue", "trace sink journald",
                "trace sink stderr", "trace sink json",
            ])
    }

    @Test("takes a stranger's modules through the functions that the built-in ones use")
    func stranger() throws {
        var registry = try builtins()
        let key = ConfigurationKey(
            "machine.shards", .integer(in: 1...64), standard: .integer(4), summary: "How many shards")
        try registry.register(
            MachineModule(
                name: "sharded", version: "2.1", keys: [key],
                validate: { context in
                    if try context.settings.integer("machine.shards") % 2 == 1 {
                        throw ConfigurationProblem("machine.shards", "must be even")
                    }
                },
                make: { _ in KeyValueMachine() }))
        let yaml = "node: { id: 1, data: /d }\nmembers: ['1=unix:/a']\nmachine: { module: sharded, shards: 7 }"
        let error = #expect(throws: ConfigurationError.self) { try load(yaml, registry: registry) }
        #expect(error?.description == "node.yaml:3:37: machine.shards: must be even")
        let configuration = try load(yaml, settings: ["machine.shards=8"], registry: registry)
        #expect(try configuration.settings.integer("machine.shards") == 8)
        #expect(configuration.settings.table["machine.shards"]?.module == "machine sharded")
        #expect(throws: ConfigurationError.self) { try configuration.settings.text("machine.shards") }
        #expect(throws: ConfigurationError.self) { try configuration.settings.text("machine.unheard") }
    }

    @Test("refuses a name that is taken or not allowed", arguments: ["json", "auto", "", "a b"])
    func names(name: String) throws {
        var registry = try builtins()
        #expect(throws: RegistryError.self) {
            try registry.register(TraceSinkModule(name: name, version: "1") { _ in MemorySink() })
        }
    }

    @Test(
        "refuses a key that is taken, outside its section, or two things at once",
        arguments: [
            "machine.module", "raft.heartbeat", "machine", "machine.", "machine.module.name", "machine.MODULE",
        ])
    func keys(name: String) throws {
        var registry = try builtins()
        let key = ConfigurationKey(name, .text, summary: "Something")
        #expect(throws: RegistryError.self) {
            try registry.register(MachineModule(name: "m", version: "1", keys: [key]) { _ in KeyValueMachine() })
        }
        #expect(registry.listings.count == 7, "nothing of it was kept")
    }

    @Test("names what there is when asked for what there is not")
    func unknown() throws {
        let error = #expect(throws: RegistryError.self) { try builtins().storage("rocks") }
        #expect(error?.description == "there is no storage module rocks; registered: lmdb, memory")
    }
}
