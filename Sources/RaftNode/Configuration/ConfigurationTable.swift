/// Every key that a configuration may have: the node's own and those that registered modules add. The one source of
/// validation, of `raftd check` and of the documentation.
public struct ConfigurationTable: Sendable {
    /// In the order in which they are printed.
    public private(set) var keys: [ConfigurationKey]
    private var positions: [String: Int] = [:]
    /// Names that hold keys, such as `raft`.
    private var sections: Set<String> = []

    /// - Parameter keys: names are unique; the registry sees to that.
    init(_ keys: [ConfigurationKey]) {
        // Keys that stand alone come first, those of a module with the section they belong to.
        var sections = [""]
        for key in keys where !sections.contains(key.section) { sections.append(key.section) }
        self.keys = sections.flatMap { section in keys.filter { $0.section == section } }
        for (position, key) in self.keys.enumerated() {
            positions[key.name] = position
            var prefix = key.section
            while !prefix.isEmpty {
                self.sections.insert(prefix)
                prefix = prefix.lastIndex(of: ".").map { String(prefix[..<$0]) } ?? ""
            }
        }
    }

    public subscript(name: String) -> ConfigurationKey? { positions[name].map { keys[$0] } }

    func isSection(_ name: String) -> Bool { sections.contains(name) }

    func key(forEnvironmentVariable variable: String) -> ConfigurationKey? {
        keys.first { $0.environmentVariable == variable }
    }

    /// `unknown key raft.heartbeet; did you mean raft.heartbeat?`
    func complaint(aboutUnknown name: String) -> String {
        // The section that it stands in is no news.
        let candidates = keys.map(\.name) + sections.sorted().filter { !name.hasPrefix($0 + ".") }
        if let near = Suggestion.nearest(to: name, among: candidates) {
            return "unknown key \(name); did you mean \(near)?"
        }
        return "unknown key \(name); accepted here: \(siblings(of: name).joined(separator: ", "))"
    }

    /// `unknown environment variable RAFTD_HEARTBEET; did you mean …?`
    func complaint(aboutUnknownVariable variable: String) -> String {
        let candidates = keys.map(\.environmentVariable)
        if let near = Suggestion.nearest(to: variable, among: candidates) {
            return "sets no key; did you mean \(near)?"
        }
        return "sets no key; accepted: \(candidates.joined(separator: ", "))"
    }

    /// What may stand beside `name`.
    func siblings(of name: String) -> [String] {
        var section = name.lastIndex(of: ".").map { String(name[..<$0]) } ?? ""
        if !section.isEmpty, !isSection(section) { section = "" }
        return contents(ofSection: section)
    }

    /// What a section, or the whole when it is empty, may hold.
    func contents(ofSection section: String) -> [String] {
        let prefix = section.isEmpty ? "" : section + "."
        var names: [String] = []
        for key in keys where key.name.hasPrefix(prefix) {
            let rest = key.name.dropFirst(prefix.count)
            let name = String(rest.prefix { $0 != "." })
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    /// The table in Markdown, as the guide for operators holds it.
    public var markdown: String {
        var lines = ["| key | accepted | default | meaning |", "|---|---|---|---|"]
        for key in keys {
            let standard = key.standard.map { "`\($0)`" } ?? ""
            let module = key.module.map { " (module \($0))" } ?? ""
            lines.append("| `\(key.name)` | \(key.type.accepted) | \(standard) | \(key.summary)\(module). |")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
