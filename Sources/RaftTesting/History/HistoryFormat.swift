/// How a recorded history is written down.
public struct HistoryFormat: Hashable, Sendable {
    let name: String

    /// Whichever the first line looks like.
    public static let automatic = HistoryFormat(name: "auto")
    /// One event a line, as ``HistoryEvent/line`` writes it; see the article on the history format.
    public static let lines = HistoryFormat(name: "lines")
    /// The log of a Jepsen test on one register: `INFO  jepsen.util - 3 :invoke :cas [1 2]`, fields separated by tabs.
    public static let jepsen = HistoryFormat(name: "jepsen")
}

/// A history that cannot be read.
public struct HistoryFormatError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The name of the file.
    public let file: String
    /// The line, from 1.
    public let line: Int
    /// What is wrong, and what would be right.
    public let message: String

    /// `file:line: message`.
    public var description: String { "\(file):\(line): \(message)" }
}
