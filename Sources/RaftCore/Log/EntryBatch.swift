public import RaftMembership

/// Consecutive encoded entries in one immutable buffer. Copying and slicing share the buffer.
public struct EntryBatch: Sendable {
    @usableFromInline
    final class Storage: Sendable {
        @usableFromInline let bytes: [UInt8]
        /// Where each entry begins, and at the end where the last one ends.
        @usableFromInline let offsets: [UInt32]
        @usableFromInline let firstIndex: LogIndex
        /// Whether no entry has extensions or flags.
        let isPlain: Bool

        init(bytes: [UInt8], offsets: [UInt32], firstIndex: LogIndex, isPlain: Bool) {
            self.bytes = bytes
            self.offsets = offsets
            self.firstIndex = firstIndex
            self.isPlain = isPlain
        }
    }

    @usableFromInline let storage: Storage
    /// Positions in `storage.offsets` of the first entry and behind the last.
    @usableFromInline let lower: Int32
    @usableFromInline let upper: Int32

    init(storage: Storage, lower: Int, upper: Int) {
        self.storage = storage
        self.lower = Int32(lower)
        self.upper = Int32(upper)
    }

    private static let nothing = Storage(bytes: [], offsets: [0], firstIndex: 1, isPlain: true)

    /// No entries.
    public static let empty = EntryBatch(storage: nothing, lower: 0, upper: 0)

    /// Checks `bytes` as `count` entries from `firstIndex` on: lengths, versions, bounds, continuity, terms that never
    /// decrease, and every checksum (rule D3).
    public init(verifying bytes: [UInt8], firstIndex: LogIndex, count: Int) throws(EntryError) {
        var offsets: [UInt32] = [0]
        // Not more than could be there, whatever the count claims.
        guard count >= 0, count <= bytes.count / EntryHeader.size, bytes.count <= Int(UInt32.max) else {
            throw .truncated
        }
        offsets.reserveCapacity(count + 1)
        var isPlain = true
        let damage: EntryError? = bytes.withUnsafeBytes { buffer in
            var offset = 0
            var term = Term.zero
            do throws(EntryError) {
                for position in 0..<count {
                    let header = try EntryHeader.verify(UnsafeRawBufferPointer(rebasing: buffer[offset...]))
                    guard header.index == firstIndex + position else { throw .notContiguous }
                    guard header.term >= term, header.term > .zero else { throw .termDecreases }
                    term = header.term
                    if header.extensionsLength > 0 || header.flags != 0 { isPlain = false }
                    offset += header.totalLength
                    offsets.append(UInt32(offset))
                }
                guard offset == buffer.count else { throw .truncated }
                return nil
            } catch {
                return error
            }
        }
        if let damage { throw damage }
        self.init(
            storage: Storage(
                bytes: bytes, offsets: offsets, firstIndex: firstIndex, isPlain: isPlain),
            lower: 0, upper: count)
    }

    @inlinable public var count: Int { Int(upper - lower) }
    @inlinable public var isEmpty: Bool { upper == lower }
    @inlinable public var firstIndex: LogIndex { storage.firstIndex + Int(lower) }
    /// Meaningless for an empty batch.
    @inlinable public var lastIndex: LogIndex { storage.firstIndex + Int(upper) + -1 }
    /// True when no entry has extensions or flags, so that nobody need look.
    package var isPlain: Bool { storage.isPlain }
    @inlinable public var byteCount: Int { Int(storage.offsets[Int(upper)] - storage.offsets[Int(lower)]) }

    /// The bytes of all entries, one behind the other.
    @inlinable
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        let start = Int(storage.offsets[Int(lower)])
        let end = Int(storage.offsets[Int(upper)])
        return try storage.bytes.withUnsafeBytes {
            try body(UnsafeRawBufferPointer(rebasing: $0[start..<end]))
        }
    }

    /// The bytes of the entry at `position`, counted from 0.
    @inlinable
    public func withUnsafeBytes<Result>(
        ofEntryAt position: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        let start = Int(storage.offsets[Int(lower) + position])
        let end = Int(storage.offsets[Int(lower) + position + 1])
        return try storage.bytes.withUnsafeBytes {
            try body(UnsafeRawBufferPointer(rebasing: $0[start..<end]))
        }
    }

    /// The payload of the entry at `position`, counted from 0.
    @inlinable
    public func withPayload<Result>(
        at position: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try withUnsafeBytes(ofEntryAt: position) { raw in
            // The extensions' length was checked when the batch was made.
            let extensions = Int(UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 24, as: UInt32.self)))
            return try body(UnsafeRawBufferPointer(rebasing: raw[(EntryHeader.size + extensions)...]))
        }
    }

    @inlinable
    public func kind(at position: Int) -> EntryKind {
        EntryKind(rawValue: storage.bytes[Int(storage.offsets[Int(lower) + position]) + 1])
    }

    @inlinable
    public func term(at position: Int) -> Term {
        withUnsafeBytes(ofEntryAt: position) {
            Term(UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        }
    }

    @inlinable
    public func id(at position: Int) -> LogID {
        LogID(term: term(at: position), index: firstIndex + position)
    }

    /// The entries from `index` on, at most `maxCount` and, the first one aside, at most `maxBytes` of them.
    public func slice(from index: LogIndex, maxCount: Int = .max, maxBytes: Int = .max) -> EntryBatch {
        guard !isEmpty, index <= lastIndex else { return .empty }
        let start = max(Int(lower), index - storage.firstIndex)
        var end = min(Int(upper), maxCount >= count ? Int(upper) : start + maxCount)
        let base = Int(storage.offsets[start])
        if Int(storage.offsets[end]) - base > maxBytes {
            // The greatest end within the limit: offsets rise, so halve.
            var low = start + 1
            var high = end
            while low < high {
                let middle = (low + high + 1) / 2
                if Int(storage.offsets[middle]) - base <= maxBytes { low = middle } else { high = middle - 1 }
            }
            end = low
        }
        return EntryBatch(storage: storage, lower: start, upper: end)
    }

    /// The entries up to and including `index`.
    public func prefix(through index: LogIndex) -> EntryBatch {
        guard !isEmpty, index >= firstIndex else { return .empty }
        return EntryBatch(
            storage: storage, lower: Int(lower), upper: min(Int(upper), index - storage.firstIndex + 1))
    }

    /// One batch with the entries of `batches`, which must follow one another.
    public static func joining(_ batches: [EntryBatch]) -> EntryBatch {
        guard let first = batches.first else { return .empty }
        if batches.count == 1 { return first }
        var bytes: [UInt8] = []
        var offsets: [UInt32] = [0]
        bytes.reserveCapacity(batches.reduce(0) { $0 + $1.byteCount })
        offsets.reserveCapacity(batches.reduce(1) { $0 + $1.count })
        var next = first.firstIndex
        for batch in batches {
            precondition(batch.firstIndex == next, "joined batches follow one another")
            next = batch.lastIndex.next
            let shift = UInt32(bytes.count) &- batch.storage.offsets[Int(batch.lower)]
            batch.withUnsafeBytes { bytes.append(contentsOf: $0) }
            for position in Int(batch.lower)..<Int(batch.upper) {
                offsets.append(batch.storage.offsets[position + 1] &+ shift)
            }
        }
        let count = offsets.count - 1
        return EntryBatch(
            storage: Storage(
                bytes: bytes, offsets: offsets, firstIndex: first.firstIndex,
                isPlain: batches.allSatisfy(\.isPlain)), lower: 0, upper: count)
    }
}

extension EntryBatch: Hashable {
    public static func == (lhs: EntryBatch, rhs: EntryBatch) -> Bool {
        guard lhs.count == rhs.count else { return false }
        if lhs.isEmpty { return true }
        if lhs.storage === rhs.storage { return lhs.lower == rhs.lower }
        guard lhs.firstIndex == rhs.firstIndex, lhs.byteCount == rhs.byteCount else { return false }
        return lhs.withUnsafeBytes { left in
            rhs.withUnsafeBytes { right in left.elementsEqual(right) }
        }
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}

extension [EntryBatch] {
    /// The same log with `repairs` in the place of the entries of those indices: for storages that keep batches. These
    /// follow one another, and `repairs` lies within them.
    package func replacing(_ repairs: EntryBatch) -> [EntryBatch] {
        var result: [EntryBatch] = []
        var isPlaced = false
        for batch in self {
            if batch.firstIndex < repairs.firstIndex {
                result.append(batch.prefix(through: repairs.firstIndex.previous))
            }
            if !isPlaced, batch.lastIndex >= repairs.firstIndex {
                result.append(repairs)
                isPlaced = true
            }
            if batch.lastIndex > repairs.lastIndex {
                result.append(batch.slice(from: Swift.max(batch.firstIndex, repairs.lastIndex.next)))
            }
        }
        return result
    }
}
