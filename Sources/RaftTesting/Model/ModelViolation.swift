/// A property that did not hold.
package struct ModelViolation: Error, Hashable, Sendable {
    /// The property and its rule: `election safety (§5.2)`, `L10`.
    package let property: String
    package let what: String

    init(_ property: String, _ what: String) {
        self.property = property
        self.what = what
    }
}
