import RaftClient
import RaftMembership
import RaftTracing

/// What nodes record, by module.
struct LevelReport {
    var nodes: [(node: NodeID, levels: TraceLevels)]

    func show(_ format: OutputFormat) throws(Failure) {
        switch format {
        case .text: try StandardOutput.write(text)
        case .json:
            let objects = nodes.map { node, levels in
                JSON.object([
                    ("node", .number(node.rawValue)),
                    ("compiledIn", .string(levels.compiledIn?.name ?? "none")),
                    ("modules", .object(levels.modules.map { (Self.name($0), .string($0.level.name)) })),
                ])
            }
            try StandardOutput.write(JSON.array(objects).text + "\n")
        }
    }

    private var text: String {
        var table = TextTable("NODE", "MODULE", "LEVEL")
        for (node, levels) in nodes {
            for module in levels.modules { table.add(["\(node)", Self.name(module), module.level.name]) }
        }
        var text = table.text
        for (node, levels) in nodes where levels.compiledIn != .trace {
            let what = levels.compiledIn.map { "nothing below \($0.name)" } ?? "no events"
            text += "node \(node) has \(what) compiled in\n"
        }
        return text
    }

    /// What belongs to no module is the program's own.
    private static func name(_ module: TraceLevels.Module) -> String { module.name.isEmpty ? "node" : module.name }
}
