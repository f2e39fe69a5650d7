/// Where a value of the configuration comes from.
public enum ConfigurationOrigin: Hashable, Sendable, CustomStringConvertible {
    /// From the table of keys: nobody gave one.
    case standard
    /// Line and column count from 1.
    case file(String, line: Int, column: Int)
    /// The environment variable of this name.
    case environment(String)
    /// `--set`, with its text.
    case commandLine(String)

    public var description: String {
        switch self {
        case .standard: "default"
        case .file(let path, let line, let column): "\(path):\(line):\(column)"
        case .environment(let name): "environment variable \(name)"
        case .commandLine(let text): "--set \(text)"
        }
    }
}
