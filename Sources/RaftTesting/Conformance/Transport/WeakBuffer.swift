import RaftCore

/// Tells whether anybody still keeps the entries of a batch.
struct WeakBuffer {
    private weak var buffer: AnyObject?

    init(_ entries: EntryBatch) { buffer = entries.buffer }

    var isAlive: Bool { buffer != nil }
}
