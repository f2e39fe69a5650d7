public import RaftCore
public import RaftMembership

extension LMDBStorage {
    public func entries(of group: GroupID, in range: Range<LogIndex>, maxBytes: Int) throws -> EntryBatch {
        guard !range.isEmpty else { throw StorageError(.misuse, "entries were asked for in an empty range") }
        let (environment, groups) = try usable()
        let first = range.lowerBound
        var count = 0
        let bytes = try directory.translating {
            try environment.read { transaction -> [UInt8] in
                let record = try GroupReader(transaction, path: environment.path).record(of: group)
                guard first > record.base.index, first <= record.last.index, let table = groups[group]?.table else {
                    throw StorageError(
                        .missing,
                        "group \(group) has no log entry \(first): its log is from \(record.base) to \(record.last)")
                }
                let end = min(range.upperBound, record.last.index.next)
                let cursor = try Cursor(transaction, table)
                // Where the values are, then one copy into a buffer of the right size.
                var pieces: [UnsafeRawBufferPointer] = []
                var size = 0
                var item = try cursor.seek(first)
                while let entry = item, let index = entry.index, index < end {
                    guard pieces.isEmpty || size + entry.value.count <= maxBytes else { break }
                    pieces.append(entry.value)
                    size += entry.value.count
                    item = try cursor.next()
                }
                guard !pieces.isEmpty else {
                    throw StorageError(.damaged, "\(environment.path), group \(group): log entry \(first) is missing")
                }
                count = pieces.count
                return [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
                    let target = UnsafeMutableRawBufferPointer(buffer)
                    for piece in pieces {
                        UnsafeMutableRawBufferPointer(rebasing: target[initialized...]).copyMemory(from: piece)
                        initialized += piece.count
                    }
                }
            }
        }
        do {
            if options.broken.breaks(.serveUnverified) {
                return try EntryBatch(unverified: bytes, firstIndex: first, count: count)
            }
            return try EntryBatch(verifying: bytes, firstIndex: first, count: count)
        } catch {
            let last = first + (count - 1)
            throw StorageError(
                error.reason == .future ? .tooNew : .damaged,
                "\(environment.path), group \(group), log entries \(first) to \(last): \(error)")
        }
    }
}
