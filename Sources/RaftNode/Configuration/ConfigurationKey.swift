/// One key of the configuration: what validation, `raftd check` and the documentation know of it.
public struct ConfigurationKey: Sendable {
    /// Dotted, such as `raft.heartbeat`.
    public var name: String
    public var type: ConfigurationType
    /// The value when nobody gives one; nil when there is none.
    public var standard: ConfigurationValue?
    /// One line, for people.
    public var summary: String
    /// The module that adds this key, such as `transport unix`; nil for the node's own. Set by the registry.
    public internal(set) var module: String?

    public init(
        _ name: String, _ type: ConfigurationType, standard: ConfigurationValue? = nil, summary: String
    ) {
        self.name = name
        self.type = type
        self.standard = standard
        self.summary = summary
    }

    /// `RAFTD_RAFT_SNAPSHOT_ENTRIES` for `raft.snapshotEntries`.
    public var environmentVariable: String {
        var variable = "RAFTD_"
        var previous: Character = "."
        for character in name {
            if character.isUppercase, previous.isLowercase { variable += "_" }
            variable += character.isLetter || character.isNumber ? character.uppercased() : "_"
            previous = character
        }
        return variable
    }

    /// `raft` for `raft.heartbeat`; empty for a key that stands alone.
    var section: String {
        guard let point = name.lastIndex(of: ".") else { return "" }
        return String(name[..<point])
    }

    /// Reads `text`, as the environment and `--set` give it; elements of a list are separated by commas.
    /// - Throws: what is wrong with it, to follow the quoted text.
    func value(of text: String) throws(ValueComplaint) -> ConfigurationValue {
        guard type.shape != .list else {
            let parts = text.isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false)
            let elements = parts.map(String.init)
            for (position, element) in elements.enumerated() {
                if let complaint = type.complaint(element) {
                    throw ValueComplaint(text: element, complaint: complaint, element: position)
                }
            }
            return .list(elements)
        }
        return try scalar(text)
    }

    /// Reads `text` as the key's type, which is no list.
    func scalar(_ text: String) throws(ValueComplaint) -> ConfigurationValue {
        if let complaint = type.complaint(text) { throw ValueComplaint(text: text, complaint: complaint) }
        switch type.shape {
        case .integer: if let number = ConfigurationType.integer(text) { return .integer(number) }
        case .boolean: if let flag = ConfigurationType.boolean(text) { return .boolean(flag) }
        case .text: return .text(text)
        case .list: break
        }
        throw ValueComplaint(text: text, complaint: "cannot be read")
    }
}

/// What is wrong with a value: `“50” is no duration`.
struct ValueComplaint: Error {
    var text: String
    var complaint: String
    /// Which element of a list.
    var element: Int?

    /// In one line, with what would be right.
    func message(for key: ConfigurationKey) -> String {
        let shown = text.count > 80 ? text.prefix(80) + "…" : text[...]
        return "“\(shown)” \(complaint); accepted: \(key.type.accepted)"
    }
}
