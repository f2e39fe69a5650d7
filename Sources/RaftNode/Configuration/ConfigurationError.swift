/// Why a configuration cannot be used: one line that names the place, the key, and what would be accepted.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The key in question, such as `raft.heartbeat`; nil when the file as a whole is wrong.
    public var key: String?
    /// Where the value stands; nil when it was never given.
    public var origin: ConfigurationOrigin?
    /// What is wrong and what would be right.
    public var message: String

    public init(key: String? = nil, at origin: ConfigurationOrigin? = nil, _ message: String) {
        self.key = key
        self.origin = origin
        self.message = message
    }

    public var description: String {
        [origin?.description, key, message].compactMap(\.self).joined(separator: ": ").onOneLine
    }
}

/// What a module or a cross-check finds wrong with a value that is well-formed by itself. The loader adds the place.
public struct ConfigurationProblem: Error, Hashable, Sendable {
    public var key: String
    /// Which element, counted from 0, when the value is a list.
    public var element: Int?
    /// What is wrong and what would be right, in one line.
    public var message: String

    public init(_ key: String, element: Int? = nil, _ message: String) {
        self.key = key
        self.element = element
        self.message = message
    }
}
