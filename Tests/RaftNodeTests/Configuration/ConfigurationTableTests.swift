import FoundationEssentials
import RaftNode
import Testing

@Suite("The table of keys is complete")
struct ConfigurationTableTests {
    @Test("Every documented key is in it, with an accepted value, a meaning and a variable of its own")
    func keys() throws {
        let table = try builtins().table
        let names = [
            "cluster", "node.id", "node.data", "node.mark", "storage.module", "transport.module", "transport.listen",
            "transport.allowInsecureTCP", "clients.listen", "machine.module", "members", "bootstrap", "raft.heartbeat",
            "raft.election", "raft.snapshotEntries", "tracing.sink", "tracing.level", "plugins",
        ]
        for name in names { #expect(table[name] != nil, "\(name)") }
        for key in table.keys {
            #expect(!key.type.accepted.isEmpty)
            #expect(!key.summary.isEmpty && !key.summary.hasSuffix("."))
        }
        #expect(Set(table.keys.map(\.environmentVariable)).count == table.keys.count)
        #expect(table["raft.snapshotEntries"]?.environmentVariable == "RAFTD_RAFT_SNAPSHOT_ENTRIES")
        #expect(table["transport.allowInsecureTCP"]?.module == "transport unix")
    }

    @Test("Every default is a value that the key accepts")
    func defaults() throws {
        let table = try builtins().table
        for key in table.keys {
            // Without members nobody could reach the node.
            guard let standard = key.standard, key.name != "members" else { continue }
            let text = if case .list(let elements) = standard { elements.joined(separator: ",") } else { "\(standard)" }
            // Put where its own default would be: the rest of the configuration is sound.
            _ = try load(
                "node: { id: 1, data: /d }\nmembers: ['1=unix:/a']", settings: ["\(key.name)=\(text)"])
        }
    }

    @Test("The guide for operators holds the table as it is")
    func guide() throws {
        let path = packageDirectory + "/Sources/RaftNode/Documentation.docc/Operating.md"
        let guide = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        let table = try builtins().table.markdown
        #expect(
            guide.contains(table), "copy the output of raftd plugins --keys into Operating.md")
    }

    @Test("The packaged example passes")
    func packagedExample() throws {
        let path = packageDirectory + "/packaging/example.yaml"
        let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        #expect(try load(text).hints.isEmpty)
    }
}
