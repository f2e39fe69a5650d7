public import RaftTracing

/// `MODULE=LEVEL`: what is recorded of one module.
public struct ConfiguredLevel: Hashable, Sendable {
    public var module: String
    public var level: TraceLevel

    /// Nil when the text is none.
    public init?(_ text: String) {
        guard let separator = text.firstIndex(of: "="), separator > text.startIndex,
            let level = TraceLevel(text[text.index(after: separator)...])
        else { return nil }
        module = String(text[..<separator])
        self.level = level
    }
}
