/// Where events go: implement this to send them to a system of your own.
///
/// Both methods may be called from any thread, several at once.
public protocol TraceSink: Sendable {
    /// Takes an event. It is called on threads that carry the protocol, so that it never blocks: a sink that cannot
    /// keep up drops events, counts them, and says so with one ``EventKind/recordsDropped`` when it can.
    func record(_ event: TraceEvent)

    /// Writes out what is held back, as far as a bounded time allows. Called at shutdown, never on a hot path.
    func flush()

    /// How many events it has dropped since it was made; nil when it does not count. Any thread. Default: nil.
    var droppedRecords: Int? { get }
}

extension TraceSink {
    public var droppedRecords: Int? { nil }
}
