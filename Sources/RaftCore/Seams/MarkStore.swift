/// Where a node keeps its mark (rule M10): apart from the data, so that what takes the data away leaves the mark.
///
/// Plain synchronous code that may block as long as a disk does. One call at a time.
public protocol MarkStore: AnyObject, Sendable {
    /// Where it is, for messages: a path, for example.
    var location: String { get }

    /// What was written last; nil when nothing ever was.
    /// - Throws: `StorageError`: `damaged` for bytes that are no mark, which proves nothing and counts as none; anything
    ///   else keeps the node from starting.
    func read() throws -> NodeMark?

    /// Replaces the mark, whole: after a crash the old one or the new one is there. Durable when it returns.
    /// - Throws: `StorageError`. The node stops, as with any write that failed (rule D2).
    func write(_ mark: NodeMark) throws
}
