import RaftMembership

/// The most recent entries, in memory, bounded in bytes: what peers that keep up and the machine need.
struct EntryCache: Hashable, Sendable {
    private var batches: [EntryBatch] = []
    /// Batches before this position were evicted; the array is compacted now and then.
    private var head = 0
    private(set) var byteCount = 0

    /// The first index held; nil when nothing is.
    var firstIndex: LogIndex? { head < batches.count ? batches[head].firstIndex : nil }

    mutating func append(_ batch: EntryBatch) {
        guard !batch.isEmpty else { return }
        batches.append(batch)
        byteCount += batch.byteCount
    }

    mutating func truncate(after index: LogIndex) {
        while head < batches.count, let last = batches.last, last.lastIndex > index {
            batches.removeLast()
            byteCount -= last.byteCount
            if last.firstIndex <= index {
                append(last.prefix(through: index))
                break
            }
        }
        if head >= batches.count { removeAll() }
    }

    /// Lets go of the oldest entries while there are more than `limit` bytes; never of one after `index`, which is not
    /// on disk yet.
    mutating func evict(downTo limit: Int, through index: LogIndex) {
        while byteCount > limit, head < batches.count, batches[head].lastIndex <= index {
            byteCount -= batches[head].byteCount
            batches[head] = .empty
            head += 1
        }
        if head == batches.count {
            removeAll()
        } else if head > 32, head > batches.count / 2 {
            batches.removeFirst(head)
            head = 0
        }
    }

    /// Entries from `index` on within the bounds (the first one whatever its size); nil when that index is not held.
    /// Small neighbouring batches are joined, so that one request carries what has piled up.
    func entries(from index: LogIndex, maxCount: Int, maxBytes: Int) -> EntryBatch? {
        guard let position = position(of: index) else { return nil }
        let first = batches[position].slice(from: index, maxCount: maxCount, maxBytes: maxBytes)
        if first.lastIndex < batches[position].lastIndex || position + 1 == batches.count { return first }
        if first.byteCount >= 32 << 10 { return first }
        var parts = [first]
        var count = first.count
        var bytes = first.byteCount
        for next in batches[(position + 1)...] {
            guard count < maxCount, bytes < maxBytes else { break }
            let part = next.slice(from: next.firstIndex, maxCount: maxCount - count, maxBytes: maxBytes - bytes)
            // A slice holds at least one entry, be it too large.
            guard bytes + part.byteCount <= maxBytes else { break }
            parts.append(part)
            count += part.count
            bytes += part.byteCount
            if part.count < next.count { break }
        }
        return EntryBatch.joining(parts)
    }

    private mutating func removeAll() {
        batches.removeAll(keepingCapacity: true)
        head = 0
        byteCount = 0
    }

    private func position(of index: LogIndex) -> Int? {
        guard head < batches.count, index >= batches[head].firstIndex, let last = batches.last,
            index <= last.lastIndex
        else { return nil }
        var low = head
        var high = batches.count - 1
        // What is asked for is nearly always among the last: found without a walk through cold memory.
        for position in stride(from: high, through: max(low, high - 3), by: -1)
        where batches[position].firstIndex <= index {
            return position
        }
        while low < high {
            let middle = (low + high + 1) / 2
            if batches[middle].firstIndex <= index { low = middle } else { high = middle - 1 }
        }
        return low
    }
}
