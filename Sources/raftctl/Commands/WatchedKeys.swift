import RaftKeyValue

/// What was seen last of the keys that are watched, in the order of their bytes.
///
/// A look at all of them comes in parts, each of one moment.
struct WatchedKeys {
    /// A key that is new, or has another value now; or none any more.
    struct Change: Hashable {
        var key: [UInt8]
        /// Nil: the key is gone.
        var value: [UInt8]?
    }

    private var seen: [KeyValueEntry] = []
    /// By the look that is under way.
    private var found: [KeyValueEntry] = []
    /// How many of `seen` that look has come by.
    private var passed = 0

    /// The next part of a look.
    /// - Parameter isLast: whether no key follows.
    /// - Returns: what is not as it was seen last, in the order of the keys.
    mutating func add(_ entries: [KeyValueEntry], isLast: Bool) -> [Change] {
        var changes: [Change] = []
        for entry in entries {
            pass(&changes) { $0.lexicographicallyPrecedes(entry.key) }
            if passed < seen.count, seen[passed].key == entry.key {
                if seen[passed].value != entry.value { changes.append(Change(key: entry.key, value: entry.value)) }
                passed += 1
            } else {
                changes.append(Change(key: entry.key, value: entry.value))
            }
            found.append(entry)
        }
        if isLast {
            pass(&changes) { _ in true }
            endLook()
        }
        return changes
    }

    /// A look came to no end: what it did not reach is as it was seen before.
    mutating func abandonLook() { endLook() }

    private mutating func pass(_ changes: inout [Change], while isGone: ([UInt8]) -> Bool) {
        while passed < seen.count, isGone(seen[passed].key) {
            changes.append(Change(key: seen[passed].key, value: nil))
            passed += 1
        }
    }

    private mutating func endLook() {
        seen = found + seen[passed...]
        found = []
        passed = 0
    }
}
