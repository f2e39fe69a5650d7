import RaftCore
import RaftMembership
import Testing

@testable import RaftStorageLMDB

@Suite("What a commit returned for is there after a restart")
struct DurabilityTests {
    let place: TemporaryDirectory

    init() throws { place = try TemporaryDirectory() }

    /// Commits, closes, and says what the next process finds.
    private func committed(_ batches: [StorageBatch]) throws -> RecoveredGroup {
        let storage = try place.open()
        try storage.commit(batches)
        storage.close()
        return try place.recovered()
    }

    @Test("A directory that was never written to holds nothing (M10)")
    func empty() throws {
        #expect(try place.recovered() == RecoveredGroup())
        #expect(try place.recovered() == RecoveredGroup())
    }

    @Test("Each operation by itself survives a restart (D1, L7)")
    func reopening() throws {
        var found = try committed([StorageBatch(group: .first, hardState: hardState(1))])
        #expect(found == RecoveredGroup(hardState: hardState(1)))

        found = try committed([StorageBatch(group: .first, entries: commands(1, 10))])
        #expect(found.terms.last == LogID(term: 1, index: 10))

        found = try committed([StorageBatch(group: .first, truncateAfter: 7)])
        #expect(found.terms.last == LogID(term: 1, index: 7))

        found = try committed([StorageBatch(group: .first, entries: commands(8, 3, term: 2))])
        #expect(found.terms.runs == [TermRun(firstIndex: 1, term: 1), TermRun(firstIndex: 8, term: 2)])

        found = try committed([StorageBatch(group: .first, purgeThrough: LogID(term: 1, index: 4))])
        #expect(found.terms.base == LogID(term: 1, index: 4))
        #expect(found.terms.last == LogID(term: 2, index: 10))
        #expect(found.hardState == hardState(1))
    }

    @Test("Truncation, entries, purge and hard state of one batch happen together, in this order (L7)")
    func oneBatch() throws {
        _ = try committed([StorageBatch(group: .first, entries: commands(1, 20))])
        let found = try committed([
            StorageBatch(
                group: .first, truncateAfter: 12, entries: commands(13, 5, term: 3),
                purgeThrough: LogID(term: 3, index: 14), hardState: hardState(3, commitHint: 14))
        ])
        #expect(found.terms.base == LogID(term: 3, index: 14))
        #expect(found.terms.last == LogID(term: 3, index: 17))
        #expect(found.hardState == hardState(3, commitHint: 14))
        let storage = try place.open()
        let entries = try storage.entries(of: .first, in: 15..<18, maxBytes: .max)
        #expect(entries == commands(13, 5, term: 3).slice(from: 15))
    }

    @Test("A snapshot past the end of the log empties it, and it goes on from there (S8, L12)")
    func installed() throws {
        _ = try committed([StorageBatch(group: .first, entries: commands(1, 5))])
        var found = try committed([StorageBatch(group: .first, purgeThrough: LogID(term: 4, index: 100))])
        #expect(found.terms == TermRuns(base: LogID(term: 4, index: 100)))
        found = try committed([StorageBatch(group: .first, entries: commands(101, 2, term: 4))])
        #expect(found.terms.last == LogID(term: 4, index: 102))
        found = try committed([StorageBatch(group: .first, truncateAfter: 100)])
        #expect(found.terms == TermRuns(base: LogID(term: 4, index: 100)))
        // A purge that comes late changes nothing.
        found = try committed([StorageBatch(group: .first, purgeThrough: LogID(term: 1, index: 3))])
        #expect(found.terms.base == LogID(term: 4, index: 100))
    }

    @Test("Batches of several groups in one commit stay apart")
    func groups() throws {
        let second = GroupID(rawValue: 2)
        let far = GroupID(rawValue: .max)
        let storage = try place.open()
        try storage.commit([
            StorageBatch(group: far, entries: commands(1, 3, term: 9), hardState: hardState(9)),
            StorageBatch(group: .first, entries: commands(1, 2)),
            StorageBatch(group: second, hardState: hardState(4)),
            StorageBatch(group: .first, entries: commands(3, 2)),
        ])
        storage.close()
        #expect(try place.recovered(.first).terms.last == LogID(term: 1, index: 4))
        #expect(try place.recovered(second) == RecoveredGroup(hardState: hardState(4)))
        #expect(try place.recovered(far).terms.last == LogID(term: 9, index: 3))
    }

    @Test("Configurations in the log are found again, with their positions (M5)")
    func configurations() throws {
        var builder = EntryBatchBuilder(firstIndex: 1)
        let membership = try Membership(members: [.init(member: member, addresses: ["memory:1"])], voters: [1])
        let payload = MembershipCodec.encode(
            ConfigurationPayload(cluster: ClusterID(high: 1, low: 2), membership: membership))
        builder.append(.noOp, term: 1, payload: [])
        builder.append(.configuration, term: 1, payload: payload)
        let found = try committed([StorageBatch(group: .first, entries: builder.finish())])
        #expect(found.configurations == [LoggedMembership(id: LogID(term: 1, index: 2), membership: membership)])
    }

    @Test("Entries that do not follow are refused, and nothing of the commit stays (L7)")
    func misuse() throws {
        let storage = try place.open()
        try storage.commit([StorageBatch(group: .first, entries: commands(1, 5, term: 2))])
        let before = try storage.recover(.first)
        let wrong: [StorageBatch] = [
            StorageBatch(group: .first, entries: commands(7, 1, term: 2)),
            StorageBatch(group: .first, entries: commands(5, 1, term: 2)),
            StorageBatch(group: .first, entries: commands(6, 1, term: 1)),
            StorageBatch(group: .first, purgeThrough: LogID(term: 1, index: 3)),
        ]
        for batch in wrong {
            let error = storageError {
                try storage.commit([StorageBatch(group: .first, hardState: hardState(8)), batch])
            }
            #expect(error?.code == .misuse)
        }
        #expect(try storage.recover(.first) == before)
        try storage.commit([StorageBatch(group: .first, purgeThrough: LogID(term: 2, index: 3))])
        #expect(storageError { try storage.commit([StorageBatch(group: .first, truncateAfter: 2)]) }?.code == .misuse)
        storage.close()
        #expect(storageError { try storage.commit([StorageBatch(group: .first)]) }?.code == .misuse)
    }

    @Test("A purge is done at once, its entries go in small steps, and after a restart (L7)")
    func purgedInSteps() throws {
        let options = TemporaryDirectory.options { $0.purgeStep = 10 }
        let storage = try place.open(options)
        try storage.commit([StorageBatch(group: .first, entries: commands(1, 100))])
        try storage.commit([StorageBatch(group: .first, purgeThrough: LogID(term: 1, index: 90))])
        #expect(try storage.recover(.first).terms.base.index == 90)
        #expect(storageError { _ = try storage.entries(of: .first, in: 90..<91, maxBytes: 1) }?.code == .missing)
        try storage.commit([StorageBatch(group: .first, truncateAfter: 90)])
        storage.close()
        #expect(try LMDBInspection(directory: place.data).groups.first?.purgedCount == 70)
        #expect(try place.recovered(.first, options).terms == TermRuns(base: LogID(term: 1, index: 90)))
        #expect(try LMDBInspection(directory: place.data).groups.first?.purgedCount == 0)
    }

    @Test("What a process that was killed after a commit leaves is all that was committed (D1)")
    func killed() throws {
        let storage = try place.open()
        var images: [[UInt8]] = []
        for index in 1...12 {
            try storage.commit([
                StorageBatch(
                    group: .first, entries: commands(LogIndex(UInt64(index)), 1),
                    hardState: hardState(Term(UInt64(index))))
            ])
            images.append(try place.bytes())
        }
        storage.close()
        for (position, image) in images.enumerated() {
            try place.replace(with: image)
            let found = try place.recovered()
            #expect(found.terms.last.index == LogIndex(UInt64(position + 1)))
            #expect(found.hardState?.term == Term(UInt64(position + 1)))
        }
    }
}
