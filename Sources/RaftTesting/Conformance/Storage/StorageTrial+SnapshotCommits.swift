import RaftCore
import RaftMembership

/// Snapshots that commits name.
extension StorageTrial {
    private typealias Samples = StorageSamples

    func namedSnapshots() throws {
        guard try hasSnapshots() else { return }
        let groups = Samples.groups
        let first = try Samples.snapshot(at: 20)
        try write(first)
        try commitAndCheck("a snapshot", StorageBatch(group: groups[0], snapshot: first))
        let second = try Samples.snapshot(at: 40)
        try write(second)
        try commitAndCheck(
            "a later one with a hard state",
            StorageBatch(group: groups[0], snapshot: second, hardState: Samples.hardState(5)))
        let same = try Samples.snapshot(at: 40, size: 700)
        try write(same)
        try commitAndCheck("another of the same position", StorageBatch(group: groups[0], snapshot: same))
        let third = try Samples.snapshot(at: 50)
        let fourth = try Samples.snapshot(at: 70)
        let others = try Samples.snapshot(at: 3, term: 1)
        try write(fourth)
        try write(third)
        try write(others, of: groups[1])
        try commitAndCheck(
            "two in one commit, with one of another group",
            StorageBatch(group: groups[0], snapshot: third),
            StorageBatch(group: groups[1], entries: Samples.commands(1, 5), snapshot: others),
            StorageBatch(group: groups[0], snapshot: fourth))
        try commitAndCheck(
            "entries and a hard state afterwards",
            StorageBatch(group: groups[0], entries: Samples.commands(101, 3, term: 6), hardState: Samples.hardState(6)))
    }

    func supersededSnapshots() throws {
        guard try hasSnapshots() else { return }
        let first = try Samples.snapshot(at: 20)
        try write(first)
        try commit(StorageBatch(group: .first, snapshot: first))
        try lookAtSuperseded(first)
        // A later one that is finished already is not taken along.
        let third = try Samples.snapshot(at: 60)
        let fourth = try Samples.snapshot(at: 80)
        try write(fourth)
        try write(third)
        try commit(StorageBatch(group: .first, snapshot: third))
        try commit(StorageBatch(group: .first, snapshot: fourth))
        try expectMissing(third, "that a later one took the place of")
        try check("after several snapshots")
        try reopen()
        try expectMissing(third, "that a later one took the place of before a restart")
        try check("after several snapshots and reopening")
    }

    private func lookAtSuperseded(_ first: Snapshot) throws {
        let second = try Samples.snapshot(at: 40)
        guard let reader = try storage.snapshots?.open(first.id, of: .first) else { return }
        try write(second)
        // Another one that is finished changes nothing before it is named.
        try check("when a later snapshot is finished and not named")
        try commit(StorageBatch(group: .first, snapshot: second))
        guard try reader.read(at: 0, count: Int(first.size)) == Samples.body(of: first.id) else {
            throw failure("a body that is being read is not readable when another takes its place")
        }
        try expectMissing(first, "that a later one took the place of")
    }

    func snapshotRefusals() throws {
        guard try hasSnapshots() else { return }
        let first = try Samples.snapshot(at: 20)
        let second = try Samples.snapshot(at: 40)
        try expectRefusal(
            "naming a snapshot without a body",
            StorageBatch(group: .first, snapshot: first, hardState: Samples.hardState(7)))
        _ = try storage.snapshots?.resume(second, for: .first)
        try expectRefusal(
            "naming a snapshot of which a part is there",
            StorageBatch(group: .first, snapshot: second, purgeThrough: LogID(term: 2, index: 5)))
        try write(second)
        try commit(StorageBatch(group: .first, snapshot: second))

        try write(first)
        try expectRefusal(
            "a snapshot of an earlier position",
            StorageBatch(group: .first, snapshot: first, hardState: Samples.hardState(7)))
        try expectRefusal(
            "a purge past the snapshot",
            StorageBatch(group: .first, purgeThrough: LogID(term: 2, index: 41), hardState: Samples.hardState(7)))
        let third = try Samples.snapshot(at: 60)
        try write(third)
        try expectRefusal(
            "a purge past the snapshot beside it",
            StorageBatch(group: .first, snapshot: third, purgeThrough: LogID(term: 2, index: 61)))
        try write(third)
        try expectRefusal(
            "a commit whose last batch names what is not finished",
            StorageBatch(group: .first, snapshot: third, purgeThrough: third.last, hardState: Samples.hardState(7)),
            StorageBatch(group: .first, snapshot: try Samples.snapshot(at: 80)))
        let group = GroupID(rawValue: 2)
        let below = try Samples.snapshot(at: 4, term: 1)
        try commit(
            StorageBatch(group: group, entries: Samples.commands(1, 9), purgeThrough: LogID(term: 1, index: 5)))
        try write(below, of: group)
        try expectRefusal("a snapshot below the base", StorageBatch(group: group, snapshot: below))
        try write(third)
        try commitAndCheck(
            "what follows refusals",
            StorageBatch(group: .first, entries: Samples.commands(101, 1, term: 3), snapshot: third))
    }

    func snapshotPurge() throws {
        guard try hasSnapshots() else { return }
        let group = GroupID(rawValue: 2)
        try commitNaming("a snapshot that leaves a tail", at: 40)
        try commitAndCheck(
            "entries after the tail", StorageBatch(group: .first, entries: Samples.commands(101, 5, term: 2)))
        try commitNaming("one at the end of the log (S10)", at: 105)
        try commitAndCheck(
            "entries after that", StorageBatch(group: .first, entries: Samples.commands(106, 5, term: 3)))
        try commitNaming("one past the end of the log (S10)", at: 500, term: 4)
        try commitAndCheck(
            "entries after that", StorageBatch(group: .first, entries: Samples.commands(501, 5, term: 4)))
        try commitNaming("one with a truncation (S2)", at: 1_000_000_000_000, term: 9, truncateAfter: 500)
        try commitAndCheck(
            "entries after that", StorageBatch(group: .first, entries: Samples.commands(1_000_000_000_001, 5, term: 9)))
        try commitNaming("one of an empty log (S10)", at: 70, term: 3, of: group)
        try commitAndCheck("entries after it", StorageBatch(group: group, entries: Samples.commands(71, 5, term: 3)))
        try commitAndCheck("truncating all of them", StorageBatch(group: group, truncateAfter: 70))
    }

    /// Writes a snapshot, and names it in a commit that purges all that it covers.
    private func commitNaming(
        _ what: String, at index: LogIndex, term: Term = 2, of group: GroupID = .first, truncateAfter: LogIndex? = nil
    ) throws {
        let snapshot = try Samples.snapshot(at: index, term: term)
        try write(snapshot, of: group, asReceived: term > 2)
        try commitAndCheck(
            what,
            StorageBatch(
                group: group, truncateAfter: truncateAfter, snapshot: snapshot, purgeThrough: snapshot.last,
                hardState: Samples.hardState(term)))
    }
}
