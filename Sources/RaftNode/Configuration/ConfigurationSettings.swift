import Configuration

/// The values of all sources together, each key with the value that counts: `--set` before the environment, before
/// the file, before the defaults.
///
/// Everything in it was checked against the table. The accessors throw all the same, for a key that is not in the table
/// or is read as another type than the table says: a module's error, reported as one line.
public struct ConfigurationSettings: Sendable {
    public let table: ConfigurationTable
    private let sources: [ConfigurationSource]
    private let reader: ConfigReader

    /// - Parameter sources: what counts first comes first. The defaults are added behind.
    init(table: ConfigurationTable, sources: [ConfigurationSource]) {
        self.table = table
        self.sources = sources + [ConfigurationSource(standardsOf: table)]
        reader = ConfigReader(providers: self.sources.map(\.provider))
    }

    func entry(_ name: String) -> ConfigurationSource.Entry? {
        for source in sources {
            if let entry = source.entries[name] { return entry }
        }
        return nil
    }

    /// The value that counts; nil when nobody gives one.
    public func value(_ name: String) -> ConfigurationValue? { entry(name)?.value }

    /// Where the value that counts comes from; nil when nobody gives one.
    public func origin(_ name: String) -> ConfigurationOrigin? { entry(name)?.origin }

    /// Whether somebody gave a value, so that it is not the default.
    public func isSet(_ name: String) -> Bool {
        guard let origin = origin(name) else { return false }
        return origin != .standard
    }

    /// - Throws: `ConfigurationError` when there is no value or it is no text.
    public func text(_ name: String) throws(ConfigurationError) -> String {
        try read(name) { try reader.requiredString(forKey: ConfigKey(name)) }
    }

    public func integer(_ name: String) throws(ConfigurationError) -> Int {
        try read(name) { try reader.requiredInt(forKey: ConfigKey(name)) }
    }

    public func boolean(_ name: String) throws(ConfigurationError) -> Bool {
        try read(name) { try reader.requiredBool(forKey: ConfigKey(name)) }
    }

    public func list(_ name: String) throws(ConfigurationError) -> [String] {
        try read(name) { try reader.requiredStringArray(forKey: ConfigKey(name)) }
    }

    /// In nanoseconds.
    public func duration(_ name: String) throws(ConfigurationError) -> UInt64 {
        try read(name) { try reader.requiredString(forKey: ConfigKey(name), as: DurationText.self).nanoseconds }
    }

    /// In nanoseconds.
    public func durationRange(_ name: String) throws(ConfigurationError) -> ClosedRange<UInt64> {
        try read(name) { try reader.requiredString(forKey: ConfigKey(name), as: DurationRangeText.self).nanoseconds }
    }

    public func bytes(_ name: String) throws(ConfigurationError) -> Int {
        try read(name) { try reader.requiredString(forKey: ConfigKey(name), as: ByteCountText.self).bytes }
    }

    /// The problem, with the place where the value stands and what the key accepts.
    func error(_ problem: ConfigurationProblem) -> ConfigurationError {
        let entry = entry(problem.key)
        var origin = entry?.origin
        if let element = problem.element, let elements = entry?.elements, elements.indices.contains(element) {
            origin = elements[element]
        }
        return ConfigurationError(key: problem.key, at: origin == .standard ? nil : origin, problem.message)
    }

    private func read<Value>(_ name: String, _ body: () throws -> Value) throws(ConfigurationError) -> Value {
        guard let key = table[name] else {
            throw ConfigurationError(key: name, "is in no module's table of keys")
        }
        guard let entry = entry(name) else {
            throw ConfigurationError(key: name, "is not given; accepted: \(key.type.accepted)")
        }
        do {
            return try body()
        } catch {
            throw ConfigurationError(
                key: name, at: entry.origin, "cannot be read as asked for; it is \(key.type.accepted)")
        }
    }
}
