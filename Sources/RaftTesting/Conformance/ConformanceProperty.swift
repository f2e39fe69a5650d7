/// One promise that a plugin makes, by its name: what a conformance suite checks, and names when it does not hold.
/// `TestingPlugins` in the documentation says what each one means.
public struct ConformanceProperty: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// In words joined by hyphens.
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }
    init(_ rawValue: String) { self.rawValue = rawValue }

    public var description: String { rawValue }
}
