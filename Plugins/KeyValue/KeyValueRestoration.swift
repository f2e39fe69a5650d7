/// What the machine remembers of restores that go through the log: the state that is gathered beside the present one until
/// its last entry has come, and how the last restore ended.
///
/// A restore is begun, brings its entries in numbered chunks, and ends: at that one command
/// the gathered state takes the place of the present one, on every node at the same index. Until then nothing of it shows.
/// Each command says whose restore it is, so that it may be repeated: done once, it changes nothing again. One restore at a
/// time; a later one takes the place of one that never ended.
struct KeyValueRestoration: Sendable {
    /// A restore that has begun.
    struct Pending: Sendable {
        var id: UInt64
        /// The number of the next chunk.
        var next: UInt32 = 0
        var tree = PersistentTree<ByteKey, [UInt8]>()
    }

    /// A restore that has ended.
    struct Ended: Hashable, Sendable {
        var id: UInt64
        /// Keys that there were before, and those that took their place.
        var before: UInt64
        var after: UInt64
    }

    var pending: Pending?
    var ended: Ended?

    var isEmpty: Bool { pending == nil && ended == nil }

    mutating func begin(_ id: UInt64) -> KeyValueOutput {
        if pending?.id != id { pending = Pending(id: id) }
        return .restoring(next: pending?.next ?? 0)
    }

    /// - Returns: the next number that is expected; what was there already is passed over, and nothing follows a gap.
    mutating func add(_ id: UInt64, _ number: UInt32, _ entries: [KeyValueEntry]) -> KeyValueOutput {
        guard var gathered = pending, gathered.id == id else { return .noRestoration }
        guard number == gathered.next else { return .restoring(next: gathered.next) }
        // Taken out meanwhile, so that the tree is not copied.
        pending = nil
        for entry in entries {
            gathered.tree.updateValue(entry.value, forKey: ByteKey(entry.key))
        }
        gathered.next += 1
        pending = gathered
        return .restoring(next: gathered.next)
    }

    /// Puts what was gathered into the place of `tree`, when it is all there.
    mutating func end(
        _ id: UInt64, chunks: UInt32, keys: UInt64, replacing tree: inout PersistentTree<ByteKey, [UInt8]>
    ) -> KeyValueOutput {
        if let ended, ended.id == id { return .restored(before: ended.before, after: ended.after) }
        guard let gathered = pending, gathered.id == id else { return .noRestoration }
        guard gathered.next == chunks, gathered.tree.count == Int(clamping: keys) else {
            return .restoring(next: gathered.next)
        }
        let done = Ended(id: id, before: UInt64(tree.count), after: UInt64(gathered.tree.count))
        pending = nil
        tree = gathered.tree
        ended = done
        return .restored(before: done.before, after: done.after)
    }

    mutating func abandon(_ id: UInt64) -> KeyValueOutput {
        guard pending?.id == id else { return .noRestoration }
        pending = nil
        return .ok(existed: true)
    }
}
