import RaftCore
import RaftMembership

extension StorageTrial {
    private typealias Samples = StorageSamples

    func newIsEmpty() throws {
        try check("when new")
        try reopen()
        try check("when new and reopened")
        try commitAndCheck("a commit of nothing")
        try commitAndCheck("an empty batch", StorageBatch(group: .first))
    }

    func append() throws {
        try commitAndCheck("the first entry", StorageBatch(group: .first, entries: Samples.commands(1, 1)))
        try commitAndCheck("five more", StorageBatch(group: .first, entries: Samples.commands(2, 5)))
        try commitAndCheck(
            "a later term", StorageBatch(group: .first, entries: Samples.commands(7, 3, term: 4, size: 0)))
        try commitAndCheck(
            "a no-op", StorageBatch(group: .first, entries: Samples.entry(.noOp, at: 10, term: 5)))
        for index in 11...40 {
            try commit(StorageBatch(group: .first, entries: Samples.commands(LogIndex(UInt64(index)), 1, term: 5)))
        }
        try check("after thirty single entries")
        try reopen()
        try check("after thirty single entries and reopening")
    }

    func truncate() throws {
        try commit(StorageBatch(group: .first, entries: Samples.commands(1, 10)))
        try commit(StorageBatch(group: .first, entries: Samples.commands(11, 10, term: 2)))
        try commitAndCheck("truncating within a batch", StorageBatch(group: .first, truncateAfter: 15))
        try commitAndCheck("truncating at a batch", StorageBatch(group: .first, truncateAfter: 10))
        try commitAndCheck("truncating after the end", StorageBatch(group: .first, truncateAfter: 10))
        try commitAndCheck(
            "others in the place of what was truncated",
            StorageBatch(group: .first, entries: Samples.commands(11, 4, term: 3, size: 77)))
        try commitAndCheck("truncating everything", StorageBatch(group: .first, truncateAfter: 0))
        try commitAndCheck("starting again", StorageBatch(group: .first, entries: Samples.commands(1, 2, term: 9)))
    }

    func purge() throws {
        try commit(StorageBatch(group: .first, entries: Samples.commands(1, 10)))
        try commit(StorageBatch(group: .first, entries: Samples.commands(11, 10, term: 2)))
        try commitAndCheck("purging", StorageBatch(group: .first, purgeThrough: LogID(term: 1, index: 4)))
        try commitAndCheck("purging again", StorageBatch(group: .first, purgeThrough: LogID(term: 2, index: 13)))
        try commitAndCheck(
            "purging what is purged", StorageBatch(group: .first, purgeThrough: LogID(term: 1, index: 5)))
        try commitAndCheck("truncating to the base", StorageBatch(group: .first, truncateAfter: 13))
        try commitAndCheck(
            "entries after the base", StorageBatch(group: .first, entries: Samples.commands(14, 6, term: 3)))
        try commitAndCheck(
            "purging everything", StorageBatch(group: .first, purgeThrough: LogID(term: 3, index: 19)))
        try commitAndCheck(
            "entries after an empty log", StorageBatch(group: .first, entries: Samples.commands(20, 6, term: 3)))
    }

    func purgePastEnd() throws {
        try commitAndCheck(
            "a position in an empty log (S10)",
            StorageBatch(group: .first, purgeThrough: LogID(term: 3, index: 50)))
        try commitAndCheck("entries after it", StorageBatch(group: .first, entries: Samples.commands(51, 5, term: 3)))
        try commitAndCheck(
            "a position past the end (S10)",
            StorageBatch(group: .first, purgeThrough: LogID(term: 4, index: 1_000_000_000_000)))
        try commitAndCheck(
            "entries after that",
            StorageBatch(group: .first, entries: Samples.commands(1_000_000_000_001, 5, term: 4)))
    }

    func hardState() throws {
        try commitAndCheck("a hard state alone", StorageBatch(group: .first, hardState: Samples.hardState(1)))
        try commitAndCheck("another", StorageBatch(group: .first, hardState: Samples.hardState(2, start: 9)))
        try commitAndCheck(
            "one with entries",
            StorageBatch(group: .first, entries: Samples.commands(1, 3), hardState: Samples.hardState(3)))
        try commitAndCheck("entries without one", StorageBatch(group: .first, entries: Samples.commands(4, 3)))
        try commitAndCheck(
            "one with a truncation",
            StorageBatch(group: .first, truncateAfter: 2, hardState: Samples.hardState(4, commitHint: 2)))
        try commitAndCheck(
            "one with a purge",
            StorageBatch(group: .first, purgeThrough: LogID(term: 1, index: 2), hardState: Samples.hardState(5)))
        let bare = HardState(member: Member(id: .init(.max), incarnation: .init(.max)), startCounter: .max)
        try commitAndCheck("one without a cluster or a vote", StorageBatch(group: .first, hardState: bare))
    }

    func configurations() throws {
        let one = try Samples.configuration(1, term: 1, voters: [1])
        try commitAndCheck("a configuration", StorageBatch(group: .first, entries: one))
        let three = try Samples.configuration(5, term: 2, voters: [1, 2, 3])
        try commitAndCheck(
            "another among commands",
            StorageBatch(
                group: .first, entries: .joining([Samples.commands(2, 3), three, Samples.commands(6, 2, term: 2)])))
        try commitAndCheck("purging the first", StorageBatch(group: .first, purgeThrough: LogID(term: 1, index: 3)))
        try commitAndCheck("truncating the second (M2)", StorageBatch(group: .first, truncateAfter: 4))
    }

    func partsInOrder() throws {
        try commit(StorageBatch(group: .first, entries: Samples.commands(1, 10)))
        try commitAndCheck(
            "a truncation with what replaces it",
            StorageBatch(group: .first, truncateAfter: 6, entries: Samples.commands(7, 8, term: 2)))
        try commitAndCheck(
            "entries with a purge that covers some of them",
            StorageBatch(
                group: .first, entries: Samples.commands(15, 5, term: 2), purgeThrough: LogID(term: 2, index: 17)))
        try commitAndCheck(
            "all four parts",
            StorageBatch(
                group: .first, truncateAfter: 18, entries: Samples.commands(19, 9, term: 3),
                purgeThrough: LogID(term: 3, index: 20), hardState: Samples.hardState(3)))
        try commitAndCheck(
            "entries with a purge past all of them",
            StorageBatch(
                group: .first, truncateAfter: 20, entries: Samples.commands(21, 3, term: 4),
                purgeThrough: LogID(term: 6, index: 90)))
    }

    func batchesInOrder() throws {
        try commitAndCheck(
            "appending, truncating and appending in one commit",
            StorageBatch(group: .first, entries: Samples.commands(1, 8), hardState: Samples.hardState(1)),
            StorageBatch(group: .first, truncateAfter: 3, hardState: Samples.hardState(2)),
            StorageBatch(
                group: .first, entries: Samples.commands(4, 2, term: 2, size: 9), hardState: Samples.hardState(3)))
        try commitAndCheck(
            "purging and appending in one commit",
            StorageBatch(group: .first, purgeThrough: LogID(term: 2, index: 40)),
            StorageBatch(group: .first, entries: Samples.commands(41, 2, term: 3)),
            StorageBatch(group: .first, truncateAfter: 41))
    }

    func groupsApart() throws {
        let groups = Samples.groups
        try commitAndCheck(
            "three groups in one commit",
            StorageBatch(group: groups[0], entries: Samples.commands(1, 5), hardState: Samples.hardState(1)),
            StorageBatch(group: groups[1], entries: Samples.commands(1, 3, term: 7, size: 9)),
            StorageBatch(group: groups[2], hardState: Samples.hardState(8)))
        try commitAndCheck("truncating one", StorageBatch(group: groups[0], truncateAfter: 2))
        try commitAndCheck(
            "purging another", StorageBatch(group: groups[1], purgeThrough: LogID(term: 7, index: 3)))
        try commitAndCheck(
            "a vote in the third", StorageBatch(group: groups[2], hardState: Samples.hardState(9)),
            StorageBatch(group: groups[0], entries: Samples.commands(3, 1, term: 2)))
    }
}
