import ArgumentParser
import RaftNode

/// `raftd plugins`
struct Plugins: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the modules that a configuration can choose from.")

    @Flag(help: "Print the keys of the configuration instead, with what each accepts, as a table in Markdown.")
    var keys = false

    @Flag(help: "Print the metrics that a node publishes instead, as a table in Markdown.")
    var metrics = false

    func run() throws {
        if metrics {
            output(Node.metricsTable)
            return
        }
        let registry = try makeRegistry()
        if keys {
            output(registry.table.markdown)
            return
        }
        var rows = [["KIND", "NAME", "VERSION"]]
        rows += registry.listings.map { [$0.kind.description, $0.name, $0.version] }
        let widths = (0..<2).map { column in rows.map { $0[column].count }.max() ?? 0 }
        for row in rows {
            let cells = (0..<2).map { row[$0] + String(repeating: " ", count: widths[$0] + 2 - row[$0].count) }
            output(cells.joined() + row[2] + "\n")
        }
    }
}
