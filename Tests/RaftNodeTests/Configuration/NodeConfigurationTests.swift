import RaftCore
import RaftMembership
import RaftNode
import RaftTracing
import Testing

@Suite("A configuration is read")
struct NodeConfigurationTests {
    @Test("The documented example passes unchanged and means what it says")
    func example() throws {
        let configuration = try load(exampleYAML)
        #expect(configuration.cluster == "demo")
        #expect(configuration.id == 1)
        #expect(configuration.dataDirectory == "/var/lib/raftd/1")
        #expect(configuration.storageModule == "lmdb")
        #expect(configuration.listen == ["unix:/run/raftd/1.sock"])
        #expect(configuration.clientsListen == ["unix:/run/raftd/1.client.sock"])
        #expect(configuration.members.map(\.id) == [1, 2, 3])
        #expect(configuration.members[2].address == "unix:/run/raftd/3.sock")
        #expect(configuration.bootstrap)
        #expect(configuration.raft == RaftConfiguration())
        #expect(configuration.traceLevel == .info)
    }

    @Test("--set counts before the environment, the environment before the file, the file before the default")
    func precedence() throws {
        let environment = ["RAFTD_RAFT_SNAPSHOT_ENTRIES": "300", "RAFTD_TRACING_LEVEL": "debug"]
        let configuration = try load(
            exampleYAML, settings: ["tracing.level=trace", "tracing.level=error"], environment: environment)
        #expect(configuration.traceLevel == .error)
        #expect(configuration.settings.value("raft.snapshotEntries") == .integer(300))
        #expect(
            configuration.settings.origin("raft.snapshotEntries") == .environment("RAFTD_RAFT_SNAPSHOT_ENTRIES"))
        #expect(configuration.settings.origin("cluster") == .file("node.yaml", line: 1, column: 10))
        #expect(configuration.settings.origin("raft.windowEntries") == .standard)
    }

    @Test("A node can be configured without a file")
    func withoutFile() throws {
        let configuration = try load(
            nil, settings: ["node.id=2", "members=1=unix:/a,2=unix:/b"],
            environment: ["RAFTD_STORAGE_MODULE": "memory", "UNRELATED": "x"])
        #expect(configuration.id == 2)
        #expect(configuration.listen == ["unix:/b"], "its own address among the members")
        #expect(configuration.storageModule == "memory")
    }

    @Test("What check prints is a configuration with the same values")
    func reportReadsBack() throws {
        let first = try load(
            exampleYAML, settings: ["raft.windowBytes=1234567", "node.data=/var/with space/#1", "cluster=true"])
        let second = try load(first.report)
        for key in first.settings.table.keys {
            #expect(first.settings.value(key.name) == second.settings.value(key.name), "\(key.name)")
        }
        #expect(first.report.contains("# default"))
        #expect(first.report.contains("# node.yaml:9:20"))
        #expect(first.report.contains("--set raft.windowBytes=1234567"))
    }

    @Test(
        "Durations and sizes have units",
        arguments: [
            ("raft.heartbeat", "20ms", "20ms"), ("raft.heartbeat", "20000us", "20ms"),
            ("raft.cacheBytes", "1MiB", "1MiB"),
            ("raft.cacheBytes", "65536", "64KiB"),
        ])
    func units(key: String, text: String, meaning: String) throws {
        let configuration = try load(exampleYAML, settings: ["\(key)=\(text)"])
        let other = try load(exampleYAML, settings: ["\(key)=\(meaning)"])
        #expect(configuration.raft == other.raft)
        #expect(configuration.raft != RaftConfiguration())
    }

    @Test("Another address than the one the members have is told")
    func addressMismatch() throws {
        let hints = try load(exampleYAML, settings: ["transport.listen=tcp:127.0.0.1:7101"]).hints
        #expect(hints.contains { $0.key == "transport.listen" && $0.message.contains("unix:/run/raftd/1.sock") })
    }

    @Test("Dotted keys and nested ones are the same")
    func dotted() throws {
        let configuration = try load("node.id: 1\nnode: { data: /d }\nmembers: ['1=unix:/a']\nraft:\n")
        #expect(configuration.dataDirectory == "/d")
    }
}
