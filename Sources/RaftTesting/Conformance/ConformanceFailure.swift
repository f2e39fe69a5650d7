/// A plugin does not keep a promise: thrown by the conformance suites, whatever runs them.
public struct ConformanceFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The promise.
    public var property: ConformanceProperty
    /// One line: what was done, what was expected, what was seen.
    public var message: String
    /// What chance was drawn from: the suite with this seed fails again.
    public var seed: UInt64

    public init(_ property: ConformanceProperty, _ message: String, seed: UInt64) {
        self.property = property
        self.message = message
        self.seed = seed
    }

    public var description: String { "\(property): \(message) (seed \(seed))" }
}
