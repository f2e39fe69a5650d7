import Configuration

/// The values of one origin, checked against the table.
struct ConfigurationSource: Sendable {
    /// A value and where it stands.
    struct Entry: Sendable {
        var value: ConfigurationValue
        var origin: ConfigurationOrigin
        /// Where each element of a list stands.
        var elements: [ConfigurationOrigin] = []
    }

    let name: String
    private(set) var entries: [String: Entry] = [:]

    init(name: String) { self.name = name }

    /// Adds a value, or replaces an earlier one of the same key.
    mutating func set(_ key: ConfigurationKey, _ entry: Entry) { entries[key.name] = entry }

    /// What swift-configuration reads. It gets the values that were checked, not the text once more: a second parser
    /// might see something else in it.
    var provider: InMemoryProvider {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        for (name, entry) in entries {
            let components = name.split(separator: ".").map(String.init)
            values[AbsoluteConfigKey(components)] = ConfigValue(entry.value.content, isSecret: false)
        }
        return InMemoryProvider(name: name, values: values)
    }

    /// The defaults.
    init(standardsOf table: ConfigurationTable) {
        self.init(name: "defaults")
        for key in table.keys {
            if let standard = key.standard { set(key, Entry(value: standard, origin: .standard)) }
        }
    }

    /// `--set KEY=VALUE`, in the order given: the last one of a key counts.
    init(settings: [String], _ table: ConfigurationTable) throws(ConfigurationError) {
        self.init(name: "--set")
        for setting in settings {
            let origin = ConfigurationOrigin.commandLine(setting)
            guard let equals = setting.firstIndex(of: "="), equals != setting.startIndex else {
                throw ConfigurationError(
                    at: origin, "has no key and value; write --set KEY=VALUE, as in raft.heartbeat=50ms")
            }
            let name = String(setting[..<equals])
            guard let key = table[name] else {
                guard table.isSection(name) else {
                    throw ConfigurationError(at: origin, table.complaint(aboutUnknown: name))
                }
                let contents = table.contents(ofSection: name).joined(separator: ", ")
                throw ConfigurationError(at: origin, "\(name) is no key but holds keys: \(contents)")
            }
            try set(key, text: String(setting[setting.index(after: equals)...]), origin)
        }
    }

    /// Variables whose names begin with `RAFTD_`.
    init(environment: [String: String], _ table: ConfigurationTable) throws(ConfigurationError) {
        self.init(name: "environment")
        // Sorted, so that of several wrong ones the same is reported each time.
        for (variable, text) in environment.sorted(by: { $0.key < $1.key }) where variable.hasPrefix("RAFTD_") {
            let origin = ConfigurationOrigin.environment(variable)
            guard let key = table.key(forEnvironmentVariable: variable) else {
                throw ConfigurationError(at: origin, table.complaint(aboutUnknownVariable: variable))
            }
            try set(key, text: text, origin)
        }
    }

    private mutating func set(
        _ key: ConfigurationKey, text: String, _ origin: ConfigurationOrigin
    ) throws(ConfigurationError) {
        do {
            let value = try key.value(of: text)
            set(key, Entry(value: value, origin: origin, elements: value.elements.map { _ in origin }))
        } catch {
            throw ConfigurationError(key: key.name, at: origin, error.message(for: key))
        }
    }
}
