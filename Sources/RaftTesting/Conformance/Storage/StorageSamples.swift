import CRaftChecksum
import RaftCore
import RaftMembership

/// What the suite writes.
enum StorageSamples {
    static let member = Member(id: 1, incarnation: 5)
    static let cluster = ClusterID(high: 1, low: 2)
    static let groups = [GroupID.first, GroupID(rawValue: 2), GroupID(rawValue: 900)]

    /// `count` commands of `size` bytes that tell index and term.
    static func commands(_ first: LogIndex, _ count: Int, term: Term = 1, size: Int = 40) -> EntryBatch {
        var builder = EntryBatchBuilder(
            firstIndex: first, capacity: count * (size + EntryHeader.size), count: count)
        for position in 0..<count {
            let mark = UInt8(truncatingIfNeeded: (first + position).rawValue &* 31 &+ term.rawValue)
            builder.append(.command, term: term, payload: [UInt8](repeating: mark, count: size))
        }
        return builder.finish()
    }

    static func entry(_ kind: EntryKind, at index: LogIndex, term: Term, payload: [UInt8] = []) -> EntryBatch {
        var builder = EntryBatchBuilder(firstIndex: index)
        builder.append(kind, term: term, payload: payload)
        return builder.finish()
    }

    private static func membership(of voters: [NodeID]) throws -> Membership {
        try Membership(
            members: voters.map { id in
                Membership.Record(member: Member(id: id, incarnation: 1), addresses: ["memory:\(id)"])
            }, voters: voters)
    }

    static func configuration(_ index: LogIndex, term: Term, voters: [NodeID]) throws -> EntryBatch {
        let membership = try membership(of: voters)
        let payload = MembershipCodec.encode(ConfigurationPayload(cluster: cluster, membership: membership))
        return entry(.configuration, at: index, term: term, payload: payload)
    }

    /// One whose body is `body(of:)`.
    static func snapshot(at index: LogIndex, term: Term = 2, size: Int = 3000) throws -> Snapshot {
        let last = LogID(term: term, index: index)
        let body = body(of: SnapshotID(last: last, size: UInt64(size), checksum: 0))
        let configuration = LoggedMembership(id: LogID(term: 1, index: 1), membership: try membership(of: [1, 2, 3]))
        return Snapshot(
            last: last, cluster: cluster, configuration: configuration, size: UInt64(size),
            checksum: body.withUnsafeBytes { bytes in
                bytes.baseAddress.map { raft_crc32c(0, $0, bytes.count) } ?? 0
            })
    }

    /// Bytes that tell position and size, and differ from place to place.
    static func body(of id: SnapshotID) -> [UInt8] {
        let seed = id.last.index.rawValue &* 31 &+ id.last.term.rawValue &* 7 &+ id.size
        return [UInt8](unsafeUninitializedCapacity: Int(id.size)) { buffer, count in
            while count < buffer.count {
                buffer[count] = UInt8(truncatingIfNeeded: seed &+ UInt64(count) &* 37 &+ UInt64(count >> 8))
                count += 1
            }
        }
    }

    static func hardState(_ term: Term, start: UInt64 = 3, commitHint: LogIndex = 0) -> HardState {
        HardState(
            cluster: cluster, member: member, startCounter: start, term: term,
            votedFor: term.rawValue % 2 == 0 ? nil : member, commitHint: commitHint, largestPromise: 7)
    }

    /// One batch for each of one to three groups, of any shape that the rules allow.
    /// - Parameter snapshots: whether each purge comes with a snapshot, whose body must be written before.
    static func batches(
        _ model: StorageModel, snapshots: Bool = false, using random: inout SeededRandom
    ) throws -> [StorageBatch] {
        var model = model
        return try (0...random.index(below: 3)).map { _ in
            let batch = try self.batch(model, of: random.pick(groups), snapshots: snapshots, using: &random)
            model.apply(batch)
            return batch
        }
    }

    private static func batch(
        _ model: StorageModel, of group: GroupID, snapshots: Bool, using random: inout SeededRandom
    ) throws -> StorageBatch {
        var batch = StorageBatch(group: group)
        var state = model[group]
        func take(_ change: (inout StorageBatch) -> Void) {
            change(&batch)
            var preview = model
            preview.apply(batch)
            state = preview[group]
        }
        if random.chance(250) {
            let keep = random.index(below: state.entries.count + 1)
            take { $0.truncateAfter = state.base.index + keep }
        }
        if random.chance(650) {
            let term = max(Term(state.last.term.rawValue + random.next(in: 0...1)), 1)
            let first = state.last.index.next
            let entries: EntryBatch
            if random.chance(150) {
                entries = try configuration(first, term: term, voters: random.chance(500) ? [1] : [1, 2, 3])
            } else {
                let size = random.chance(100) ? 6000 : random.index(below: 300)
                entries = commands(first, 1 + random.index(below: 20), term: term, size: size)
            }
            take { $0.entries = entries }
        }
        if random.chance(200) {
            let last = state.last
            if random.chance(250) {
                take { $0.purgeThrough = LogID(term: last.term.next, index: last.index + 5) }
            } else if !state.entries.isEmpty {
                let position = state.entries[random.index(below: state.entries.count)].id(at: 0)
                take { $0.purgeThrough = position }
            }
        }
        if snapshots, let purge = batch.purgeThrough {
            batch.snapshot = try snapshot(at: purge.index, term: purge.term, size: random.index(below: 5000))
        }
        if random.chance(500) {
            batch.hardState = hardState(state.last.term, start: random.next(in: 1...9), commitHint: state.base.index)
        }
        return batch
    }
}
