import Yams

extension ConfigurationSource {
    /// Reads a YAML file's text and checks every key and value in it.
    /// - Parameter path: for messages.
    init(yaml text: String, path: String, _ table: ConfigurationTable) throws(ConfigurationError) {
        self.init(name: path)
        let root: Yams.Node?
        do {
            root = try Parser(yaml: text).singleRoot()
        } catch let error as YamlError {
            throw Self.syntaxError(error, path)
        } catch {
            throw ConfigurationError(at: .file(path, line: 1, column: 1), "is no YAML: \(error)")
        }
        // An empty file: everything may come from elsewhere.
        guard let root, !Self.isNull(root) else { return }
        try visit(root, section: "", path, table)
    }

    private mutating func visit(
        _ node: Yams.Node, section: String, _ path: String, _ table: ConfigurationTable
    ) throws(ConfigurationError) {
        guard case .mapping(let mapping) = node else {
            let contents = table.contents(ofSection: section).joined(separator: ", ")
            throw ConfigurationError(
                key: section.isEmpty ? nil : section, at: Self.origin(node, path),
                "expected keys with their values; accepted: \(contents)")
        }
        for (nameNode, valueNode) in mapping {
            let origin = Self.origin(nameNode, path)
            guard case .scalar(let scalar) = nameNode else {
                throw ConfigurationError(at: origin, "a key must be text")
            }
            // `raft.heartbeat: 50ms` is as good as `raft: { heartbeat: 50ms }`.
            let name = section.isEmpty ? scalar.string : section + "." + scalar.string
            if let key = table[name] {
                if let earlier = entries[name] {
                    throw ConfigurationError(key: name, at: origin, "is given twice, first at \(earlier.origin)")
                }
                set(key, try Self.entry(valueNode, key, path))
            } else if table.isSection(name) {
                if !Self.isNull(valueNode) { try visit(valueNode, section: name, path, table) }
            } else {
                throw ConfigurationError(at: origin, table.complaint(aboutUnknown: name))
            }
        }
    }

    private static func entry(
        _ node: Yams.Node, _ key: ConfigurationKey, _ path: String
    ) throws(ConfigurationError) -> Entry {
        let origin = origin(node, path)
        func wrong(_ what: String, at place: ConfigurationOrigin? = nil) -> ConfigurationError {
            ConfigurationError(key: key.name, at: place ?? origin, "\(what); accepted: \(key.type.accepted)")
        }
        switch (node, key.type.shape) {
        case (.scalar(let scalar), .integer), (.scalar(let scalar), .boolean), (.scalar(let scalar), .text):
            if isNull(node) { throw wrong("has no value") }
            if key.type.shape != .text, scalar.style != .plain { throw wrong("“\(scalar.string)” in quotes is text") }
            do {
                return Entry(value: try key.scalar(scalar.string), origin: origin)
            } catch {
                throw ConfigurationError(key: key.name, at: origin, error.message(for: key))
            }
        case (.sequence(let sequence), .list):
            var texts: [String] = []
            var origins: [ConfigurationOrigin] = []
            for element in sequence {
                let place = Self.origin(element, path)
                guard case .scalar(let scalar) = element, !isNull(element) else {
                    throw wrong("an element is no text", at: place)
                }
                if let complaint = key.type.complaint(scalar.string) {
                    let complaint = ValueComplaint(text: scalar.string, complaint: complaint)
                    throw ConfigurationError(key: key.name, at: place, complaint.message(for: key))
                }
                texts.append(scalar.string)
                origins.append(place)
            }
            return Entry(value: .list(texts), origin: origin, elements: origins)
        case (.scalar(let scalar), .list):
            throw wrong(isNull(node) ? "has no value" : "“\(scalar.string)” is no list: write it in [ ]")
        case (.sequence, _): throw wrong("is a list where one value is expected")
        default: throw wrong("has keys of its own where a value is expected")
        }
    }

    private static func isNull(_ node: Yams.Node) -> Bool {
        guard case .scalar(let scalar) = node, scalar.style == .plain else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    private static func origin(_ node: Yams.Node, _ path: String) -> ConfigurationOrigin {
        .file(path, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
    }

    private static func syntaxError(_ error: YamlError, _ path: String) -> ConfigurationError {
        func at(_ mark: Mark) -> ConfigurationOrigin { .file(path, line: mark.line, column: mark.column) }
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return ConfigurationError(at: at(mark), "is no YAML here: \(problem)")
        case .duplicatedKeysInMapping(let names, let context):
            return ConfigurationError(at: at(context.mark), "\(names.joined(separator: ", ")) is given twice")
        case .reader(let problem, _, _, _):
            return ConfigurationError(at: .file(path, line: 1, column: 1), "is no text in UTF-8: \(problem)")
        default:
            return ConfigurationError(at: .file(path, line: 1, column: 1), "is no YAML")
        }
    }
}
