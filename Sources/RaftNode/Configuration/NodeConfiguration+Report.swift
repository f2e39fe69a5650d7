extension NodeConfiguration {
    /// The effective configuration in YAML, each value with where it comes from: what `raftd check` prints. It can be
    /// read back as a configuration.
    public var report: String {
        var rows: [(setting: String, origin: String)] = []
        for key in settings.table.keys {
            guard let entry = settings.entry(key.name) else { continue }
            rows.append(("\(key.name): \(entry.value)", entry.origin.description))
        }
        // Long lists stand out instead of pushing every remark to the right.
        let width = rows.map(\.setting.count).filter { $0 <= 48 }.max() ?? 0
        var lines = rows.map { row in
            row.setting + String(repeating: " ", count: max(0, width - row.setting.count)) + "  # "
                + row.origin.onOneLine
        }
        lines += hints.map { "# note: " + $0.description.onOneLine }
        return lines.joined(separator: "\n") + "\n"
    }
}
