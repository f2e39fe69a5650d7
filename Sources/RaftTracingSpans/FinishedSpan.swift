public import RaftTracing

/// A span that has ended, as an exporter gets it.
public struct FinishedSpan: Sendable {
    public var name: String
    public var role: SpanName.Role
    /// Its trace and itself.
    public var context: TraceContext
    /// The span that caused it; nil where the trace begins.
    public var parent: UInt64?
    /// Nanoseconds since 1970.
    public var start: UInt64
    /// Nanoseconds since 1970; never before ``start``.
    public var end: UInt64
    public var fields: [TraceField]
    /// Other traces that it belongs to.
    public var links: [TraceContext]
    /// Why it came to nothing; nil when it did not.
    public var failure: String?

    public init(
        name: String, role: SpanName.Role, context: TraceContext, parent: UInt64?, start: UInt64, end: UInt64,
        fields: [TraceField] = [], links: [TraceContext] = [], failure: String? = nil
    ) {
        self.name = name
        self.role = role
        self.context = context
        self.parent = parent
        self.start = start
        self.end = max(start, end)
        self.fields = fields
        self.links = links
        self.failure = failure
    }
}
