/// Where finished spans go.
///
/// Both methods may be called from any thread, several at once.
public protocol SpanExporter: Sendable {
    /// Takes a span. It is called on threads that carry the protocol, so that it never blocks: an exporter that cannot keep
    /// up drops spans and counts them.
    func export(_ span: FinishedSpan)

    /// Writes out what is held back, as far as a bounded time allows.
    func flush()
}
