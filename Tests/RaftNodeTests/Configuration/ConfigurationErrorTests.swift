import RaftNode
import Testing

@Suite("A mistake in a configuration is one line that names key, place and what is accepted")
struct ConfigurationErrorTests {
    private static let base = "node: { id: 1, data: /d }\nmembers: ['1=unix:/a', '2=unix:/b']\n"

    struct Mistake: Sendable, CustomTestStringConvertible {
        var yaml: String
        var place: String
        var words: [String]
        var testDescription: String { yaml }

        init(_ yaml: String, at place: String, _ words: String...) {
            self.yaml = yaml
            self.place = place
            self.words = words
        }
    }

    @Test(
        "in the file",
        arguments: [
            Mistake(
                "raft: { heartbeet: 50ms }", at: "3:9", "unknown key raft.heartbeet", "did you mean raft.heartbeat?"),
            Mistake("storge: { module: lmdb }", at: "3:1", "unknown key storge", "did you mean storage?"),
            Mistake("raft: { snapshot_entries: 5 }", at: "3:9", "did you mean raft.snapshotEntries?"),
            Mistake("heartbeat: 50ms", at: "3:1", "did you mean raft.heartbeat?"),
            Mistake("raft: { x: 1 }", at: "3:9", "unknown key raft.x", "accepted here: heartbeat"),
            Mistake("cluster: \"a\\x1b[31m\"", at: "3:10", "“a [31m” is no such name"),
            Mistake("zzzz: 1", at: "3:1", "unknown key zzzz", "accepted here: cluster"),
            Mistake("bootstrap: perhaps", at: "3:12", "bootstrap", "“perhaps”", "true or false"),
            Mistake("bootstrap: \"true\"", at: "3:12", "bootstrap", "in quotes is text", "true or false"),
            Mistake("bootstrap:", at: "3:11", "bootstrap", "has no value"),
            Mistake("raft: { windowEntries: many }", at: "3:24", "raft.windowEntries", "“many” is no whole number"),
            Mistake("raft: { windowEntries: 0 }", at: "3:24", "out of range", "from 1 to"),
            Mistake("raft: { windowEntries: 1e3 }", at: "3:24", "is no whole number"),
            Mistake("raft: { windowEntries: 99999999999999999999 }", at: "3:24", "is no whole number"),
            Mistake("raft: { windowEntries: [1] }", at: "3:24", "is a list where one value is expected"),
            Mistake("raft: { windowEntries: { a: 1 } }", at: "3:24", "has keys of its own"),
            Mistake("raft: { heartbeat: 50 }", at: "3:20", "raft.heartbeat", "“50” is no duration", "such as 50ms"),
            Mistake("raft: { heartbeat: 50 ms }", at: "3:20", "“50 ms” is no duration"),
            Mistake("raft: { heartbeat: 99999999999999999999h }", at: "3:20", "is no duration"),
            Mistake("raft: { heartbeat: 2h }", at: "3:20", "is out of range", "from 1ms to 1h"),
            Mistake("raft: { election: 300ms..150ms }", at: "3:19", "is no range of durations", "150ms..300ms"),
            Mistake("raft: { election: 60ms..90ms }", at: "3:19", "raft.election", "twice the heartbeat"),
            Mistake("raft: { cacheBytes: 1MB }", at: "3:21", "is no number of bytes", "KiB, MiB, GiB"),
            Mistake("raft: 5", at: "3:7", "raft", "expected keys with their values", "heartbeat"),
            Mistake("clients: { listen: unix:/c }", at: "3:20", "clients.listen", "is no list: write it in [ ]"),
            Mistake("clients: { listen: [unix:/c, file:/x] }", at: "3:30", "clients.listen", "file:/x"),
            Mistake("clients: { listen: ['tcp:0.0.0.0:1'] }", at: "3:21", "clear text", "clients.allowInsecureTCP"),
            Mistake("clients: { listen: ['unix:/a'] }", at: "3:21", "is the address for members"),
            Mistake(
                "transport: { listen: ['tcp:10.0.0.1:1'] }", at: "3:23", "clear text", "transport.allowInsecureTCP"),
            Mistake("transport: { listen: ['memory:x'] }", at: "3:23", "transport.listen", "in-process"),
            Mistake("storage: { module: rocks }", at: "3:20", "storage.module", "“rocks”", "one of lmdb, memory"),
            Mistake("tracing: { level: loud }", at: "3:19", "tracing.level", "trace, debug, info"),
            Mistake("cluster: 'a b'", at: "3:10", "cluster", "“a b” is no such name"),
            Mistake("cluster: a\ncluster: b", at: "3:1", "cluster", "given twice"),
            Mistake("node.id: 2", at: "3:1", "node.id", "is given twice, first at node.yaml:1:13"),
            Mistake("plugins: [/p.so]", at: "3:11", "plugins", "later release"),
            Mistake("? [a]\n: b", at: "3:3", "a key must be text"),
            Mistake("raft: { heartbeat: 50ms", at: "4:1", "is no YAML here"),
            Mistake("--- \na: b", at: "3:1", "is no YAML here"),
        ])
    func file(_ mistake: Mistake) throws {
        try expect(mistake, Self.base + mistake.yaml + "\n")
    }

    @Test(
        "between keys",
        arguments: [
            Mistake(
                "node: { id: 7, data: /d }\nmembers: ['1=unix:/a']\nbootstrap: true", at: "1:13", "node.id",
                "7 is not among"),
            Mistake(
                "node: { id: 1, data: /d }\nmembers: ['1=unix:/a', '1=unix:/b']", at: "2:24", "members",
                "id 1 is given twice"),
            Mistake(
                "node: { id: 1, data: /d }\nmembers: ['1=unix:/a', '2=unix:/a']", at: "2:24", "members",
                "have one address"),
            Mistake(
                "node: { id: 1, data: /d }\nmembers: ['1=unix:/a', unix:/b]", at: "2:24", "“unix:/b” is no ID=ADDRESS"),
            Mistake("node: { id: 1, data: /d }\nmembers: ['1=unix:/a', '2=udp:b']", at: "2:24", "members", "udp:b"),
            Mistake("node: { id: 1, data: /d }\nmembers: ['0=unix:/a']", at: "2:11", "“0=unix:/a” is no ID=ADDRESS"),
            Mistake("node: { id: 1, data: /d }\nbootstrap: true", at: "2:12", "bootstrap", "members is empty"),
            Mistake("node: { id: 0, data: /d }", at: "1:13", "node.id", "out of range"),
        ])
    func together(_ mistake: Mistake) throws {
        try expect(mistake, mistake.yaml + "\n")
    }

    @Test("when something is missing")
    func missing() throws {
        #expect(try complaint("cluster: a") == "node.id: is not given; accepted: a whole number from 1")
        #expect(try complaint("node: { id: 1 }\nmembers: ['1=unix:/a']").hasPrefix("node.data: is not given"))
        #expect(try complaint("node: { id: 1, data: /d }").hasPrefix("transport.listen: is empty"))
    }

    @Test(
        "in --set",
        arguments: [
            ("raft.heartbeat", "--set raft.heartbeat: has no key and value"),
            ("=5", "--set =5: has no key and value"),
            (
                "raft.heartbeet=5ms",
                "--set raft.heartbeet=5ms: unknown key raft.heartbeet; did you mean raft.heartbeat?"
            ),
            ("raft=5", "--set raft=5: raft is no key but holds keys: heartbeat"),
            ("raft.heartbeat=5", "--set raft.heartbeat=5: raft.heartbeat: “5” is no duration"),
            ("members=1=unix:/a,,", "--set members=1=unix:/a,,: members: “” is no ID=ADDRESS"),
            ("bootstrap=", "--set bootstrap=: bootstrap: “” is neither true nor false"),
        ])
    func commandLine(setting: String, beginning: String) throws {
        let line = try complaint(Self.base, settings: [setting])
        #expect(line.hasPrefix(beginning), "\(line)")
        #expect(!line.contains("\n"))
    }

    @Test(
        "in the environment",
        arguments: [
            ("RAFTD_RAFT_SNAPSHOT_ENTRYS", "5", "sets no key; did you mean RAFTD_RAFT_SNAPSHOT_ENTRIES?"),
            ("RAFTD_RAFT_SNAPSHOT_WINDOW", "0", "raft.snapshotWindow: “0” is out of range"),
            ("RAFTD_RAFT_ELECTION", "x\ny", "raft.election: “x y” is no range of durations"),
            (
                "RAFTD_TRANSPORT_ALLOW_INSECURE_TCP", "yes",
                "transport.allowInsecureTCP: “yes” is neither true nor false"
            ),
        ])
    func environment(variable: String, value: String, words: String) throws {
        let line = try complaint(Self.base, environment: [variable: value])
        #expect(line.hasPrefix("environment variable \(variable): \(words)"), "\(line)")
        #expect(!line.contains("\n"))
    }

    @Test("A wrong value is an error even where another source overrides it")
    func overriddenMistake() throws {
        let line = try complaint(Self.base + "tracing: { level: loud }", settings: ["tracing.level=info"])
        #expect(line.hasPrefix("node.yaml:3:19: tracing.level"))
    }

    private func expect(_ mistake: Mistake, _ yaml: String) throws {
        let line = try complaint(yaml)
        #expect(line.hasPrefix("node.yaml:\(mistake.place): "), "\(line)")
        for word in mistake.words { #expect(line.contains(word), "\(line)") }
        #expect(!line.contains("\n"))
    }
}
