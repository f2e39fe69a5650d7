import RaftCore
import RaftMembership

/// Batches as bytes, eight to a number.
enum ToyCodec {
    static func encode(_ batches: [StorageBatch]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendNumber(UInt64(batches.count))
        for batch in batches {
            bytes.appendNumber(UInt64(batch.group.rawValue))
            bytes.appendNumber(batch.truncateAfter.map { $0.rawValue + 1 } ?? 0)
            bytes.appendNumber(batch.purgeThrough?.term.rawValue ?? 0)
            bytes.appendNumber(batch.purgeThrough?.index.rawValue ?? 0)
            let hardState = batch.hardState?.encoded() ?? []
            bytes.appendNumber(UInt64(hardState.count))
            bytes += hardState
            let snapshot = batch.snapshot?.encoded() ?? []
            bytes.appendNumber(UInt64(snapshot.count))
            bytes += snapshot
            bytes.appendNumber(batch.entries.isEmpty ? 1 : batch.entries.firstIndex.rawValue)
            bytes.appendNumber(UInt64(batch.entries.count))
            bytes.appendNumber(UInt64(batch.entries.isEmpty ? 0 : batch.entries.byteCount))
            if !batch.entries.isEmpty { batch.entries.withUnsafeBytes { bytes.append(contentsOf: $0) } }
        }
        return bytes
    }

    private struct Reader {
        let bytes: [UInt8]
        var place = 0

        mutating func number() throws -> UInt64 {
            guard place + 8 <= bytes.count else { throw StorageError(.damaged, "a commit is too short") }
            defer { place += 8 }
            return bytes.number(at: place)
        }

        mutating func block() throws -> [UInt8] {
            let count = try number()
            guard count <= UInt64(bytes.count - place) else { throw StorageError(.damaged, "a commit is too short") }
            defer { place += Int(count) }
            return Array(bytes[place..<place + Int(count)])
        }
    }

    /// - Parameter checks: whether hard states must have their checksum; entries always must.
    static func decode(_ bytes: [UInt8], checks: Bool) throws -> [StorageBatch] {
        var reader = Reader(bytes: bytes)
        var batches: [StorageBatch] = []
        for _ in 0..<min(try reader.number(), 1000) {
            var batch = StorageBatch(group: GroupID(rawValue: UInt32(truncatingIfNeeded: try reader.number())))
            let truncation = try reader.number()
            if truncation > 0 { batch.truncateAfter = LogIndex(truncation - 1) }
            let purge = LogID(term: Term(try reader.number()), index: LogIndex(try reader.number()))
            if purge.index > .zero { batch.purgeThrough = purge }
            let hardState = try reader.block()
            if !hardState.isEmpty { batch.hardState = try self.hardState(hardState, checks: checks) }
            let snapshot = try reader.block()
            if !snapshot.isEmpty { batch.snapshot = try self.snapshot(snapshot) }
            let first = LogIndex(try reader.number())
            let count = Int(truncatingIfNeeded: try reader.number())
            let entries = try reader.block()
            if !entries.isEmpty { batch.entries = try self.entries(entries, first, count, checks: checks) }
            batches.append(batch)
        }
        return batches
    }

    private static func entries(
        _ bytes: [UInt8], _ first: LogIndex, _ count: Int, checks: Bool
    ) throws -> EntryBatch {
        do {
            return try EntryBatch(verifying: bytes, firstIndex: first, count: count)
        } catch {
            guard !checks else { throw StorageError(.damaged, "entries: \(error)") }
        }
        // Like one that keeps payloads, and makes checksums anew.
        var builder = EntryBatchBuilder(firstIndex: first)
        var place = 0
        while place + EntryHeader.size <= bytes.count, builder.count < count {
            let length = Int(bytes.number(at: place + 24) >> 32)
            guard place + EntryHeader.size + length <= bytes.count else { break }
            let payload = Array(bytes[place + EntryHeader.size..<place + EntryHeader.size + length])
            builder.append(
                EntryKind(rawValue: bytes[place + 1]), term: Term(bytes.number(at: place + 8)), payload: payload)
            place += EntryHeader.size + length
        }
        return builder.finish()
    }

    private static func snapshot(_ bytes: [UInt8]) throws -> Snapshot {
        do {
            return try bytes.withUnsafeBytes { try Snapshot(decoding: $0) }
        } catch {
            throw StorageError(.damaged, "the snapshot: \(error)")
        }
    }

    private static func hardState(_ bytes: [UInt8], checks: Bool) throws -> HardState {
        if !checks {
            guard bytes.count == HardState.encodedSize else { throw StorageError(.damaged, "no hard state") }
            let voted = Member(id: NodeID(bytes.number(at: 56)), incarnation: Incarnation(bytes.number(at: 64)))
            let cluster = ClusterID(high: bytes.number(at: 8), low: bytes.number(at: 16))
            return HardState(
                cluster: cluster == ClusterID(high: 0, low: 0) ? nil : cluster,
                member: Member(id: NodeID(bytes.number(at: 24)), incarnation: Incarnation(bytes.number(at: 32))),
                startCounter: bytes.number(at: 40), term: Term(bytes.number(at: 48)),
                votedFor: voted.id.rawValue == 0 ? nil : voted, commitHint: LogIndex(bytes.number(at: 72)),
                largestPromise: bytes.number(at: 80))
        }
        do {
            return try bytes.withUnsafeBytes { try HardState(decoding: $0) }
        } catch {
            throw StorageError(.damaged, "the hard state: \(error)")
        }
    }
}
