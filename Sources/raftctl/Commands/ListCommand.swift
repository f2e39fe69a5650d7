import ArgumentParser
import RaftClient
import RaftKeyValue

/// `raftctl list`
struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Prints keys and values, one pair a line, separated by a tab.",
        discussion: """
            In the order of the keys' bytes. A backslash, a tab and the ends of lines are written \\\\, \\t, \\n, \\r. A \
            long list is read in parts, each of one moment; writes between two of them may show.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Argument(help: "Only keys that begin so.")
    var prefix: String = ""

    @OptionGroup var freshness: FreshnessOptions

    func run() async throws {
        let machine = try global.keyValue()
        var isFirst = true
        if global.output == .json { try StandardOutput.write(#"{"entries":["#) }
        try await machine.list(prefix, freshness.consistency) { (entries, _) throws(Failure) in
            try show(entries, isFirst: isFirst)
            isFirst = isFirst && entries.isEmpty
        }
        await machine.close()
        if global.output == .json { try StandardOutput.write("]}\n") }
    }

    private func show(_ entries: [KeyValueEntry], isFirst: Bool) throws(Failure) {
        var bytes: [UInt8] = []
        for (position, entry) in entries.enumerated() {
            switch global.output {
            case .text:
                bytes += escaped(entry.key) + [UInt8(ascii: "\t")] + escaped(entry.value) + [UInt8(ascii: "\n")]
            case .json:
                if !isFirst || position > 0 { bytes.append(UInt8(ascii: ",")) }
                bytes += Array(JSON.object([JSON.bytes("key", entry.key), JSON.bytes("value", entry.value)]).text.utf8)
            }
        }
        try StandardOutput.write(bytes)
    }
}
