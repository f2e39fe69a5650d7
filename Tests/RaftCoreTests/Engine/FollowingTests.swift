@testable import RaftCore
import RaftMembership
import RaftMemory
import Testing

/// Rules L1–L6 and L8–L13: a follower's log.
@Suite("Following")
struct FollowingTests {
    static func id(_ index: LogIndex, _ term: Term) -> LogID { LogID(term: term, index: index) }

    @Test("A duplicate or late request never shortens the log (L1)")
    func duplicates() throws {
        var follower = try TestEngine()
        let early = follower.append(2, after: Self.id(1, 1), [2])
        let all = follower.append(2, after: Self.id(1, 1), [2, 2, 2])
        follower.receive(all)
        for late in [early, all, follower.append(2, after: Self.id(2, 2)), early] { follower.receive(late) }
        #expect(follower.engine.log.last == Self.id(4, 2))
        #expect(follower.writes.allSatisfy { $0.batch.truncateAfter == nil })
    }

    @Test("The log is cut at the first entry that conflicts, not before (L1)")
    func firstConflict() throws {
        var follower = try TestEngine(log: [1, 1, 2, 2])
        let effects = follower.receive(follower.append(3, after: Self.id(1, 1), [1, 1, 3]))
        #expect(effects.writes.last?.truncateAfter == 3)
        #expect(effects.writes.last?.entries.firstIndex == 4)
        #expect(effects.abandoned == [3])
        #expect(follower.engine.log.last == Self.id(4, 3))
    }

    @Test("A request that would cut a committed entry fences the node instead (L2)")
    func committedEntriesStay() throws {
        var follower = try TestEngine(log: [1, 1], commit: 3)
        let effects = follower.receive(follower.append(2, after: Self.id(1, 1), [2]))
        #expect(effects.fences.count == 1)
        #expect(follower.engine.log.last == Self.id(3, 1))
        #expect(effects.writes.allSatisfy { $0.truncateAfter == nil && $0.entries.isEmpty })
    }

    @Test("A heartbeat is checked: one that does not match commits nothing and says so (L3)")
    func heartbeatIsChecked() throws {
        var follower = try TestEngine(log: [1, 1])
        let effects = follower.receive(follower.heartbeat(2, at: Self.id(3, 2), commit: 3)) + follower.persist()
        #expect(effects.heartbeatReplies.map(\.hasMatch) == [false])
        #expect(follower.engine.commitIndex == 0)
    }

    @Test("A heartbeat that matches commits at most what it proved (L3, C2)")
    func heartbeatCommits() throws {
        var follower = try TestEngine(log: [1, 1, 1])
        let effects = follower.receive(follower.heartbeat(2, at: Self.id(2, 1), commit: 4)) + follower.persist()
        #expect(effects.heartbeatReplies.map(\.hasMatch) == [true])
        #expect(follower.engine.commitIndex == 2)
    }

    @Test("A peer without an entry that it acknowledged is reported, and counts no more (L3)")
    func amnesiac() throws {
        var leader = try TestEngine(log: [1])
        leader.lead(with: [2, 3])
        leader.receive(leader.matched(3, by: 2), from: 2)
        #expect(leader.engine.commitIndex == 3)
        let reply = HeartbeatReply(
            term: 2, stream: leader.progress(of: 2).stream, round: 1, hasMatch: false, accepted: 0, matched: 0)
        #expect(leader.receive(.heartbeatReply(reply)).events.contains(.peerSuspect(2, 3)))
        leader.step(.proposed([[1]]))
        leader.persist()
        leader.receive(leader.matched(4, by: 2), from: 2)
        #expect(leader.engine.commitIndex == 3)
        leader.receive(leader.matched(4, by: 3), from: 3)
        #expect(leader.engine.commitIndex == 4)
    }

    @Test("A missing entry before is a conflict, and its term is never taken for 0 (L4)")
    func missingEntry() throws {
        var follower = try TestEngine(log: [1])
        let effects = follower.receive(follower.append(2, after: Self.id(9, 0), [2]))
        #expect(effects.hints == [Self.id(2, 0)] || effects.hints.first?.index ?? 9 < 9)
        #expect(effects.matches.isEmpty && follower.engine.log.last == Self.id(2, 1))
    }

    @Test("What a snapshot covers matches any leader (L5)")
    func matchesBelowBase() throws {
        var follower = try Self.compacted(at: Self.id(5, 2))
        for previous: LogIndex in [1, 3, 5] {
            let entries = [Term](repeating: 2, count: Int(7 - previous.rawValue))
            let effects =
                follower.receive(follower.append(3, after: Self.id(previous, 1), entries)) + follower.persist()
            #expect(effects.matches.last == 7)
        }
        #expect(follower.engine.log.last == Self.id(7, 2))
    }

    @Test("An empty log behind a snapshot has its last index and term there (L12)")
    func emptyLogBehindSnapshot() throws {
        var follower = try Self.compacted(at: Self.id(5, 2))
        #expect(follower.engine.log.last == Self.id(5, 2) && follower.engine.commitIndex == 5)
        for (last, isGranted) in [(Self.id(5, 2), true), (Self.id(4, 2), false)] {
            let effects = follower.receive(VotingTests.request(9, last: last, isPreVote: true))
            #expect(effects.voteReplies.map(\.isGranted) == [isGranted])
        }
    }

    static func compacted(at base: LogID) throws -> TestEngine {
        let hard = HardState(cluster: TestEngine.cluster, member: TestEngine.member(1), term: base.term)
        let disk = MemoryStorage()
        let snapshot = Snapshot(
            last: base, cluster: TestEngine.cluster,
            configuration: LoggedMembership(id: id(1, 1), membership: TestEngine.three), size: 12)
        try disk.snapshots?.create(for: .first).finish(as: snapshot)
        try disk.commit([StorageBatch(group: .first, snapshot: snapshot, purgeThrough: base, hardState: hard)])
        return try TestEngine(disk: disk)
    }

    @Test("A conflict reply always looks further back (L6)", arguments: 1...8 as ClosedRange<UInt64>)
    func hintsShrink(_ seed: UInt64) throws {
        var random = RandomNumbers(seed: seed)
        var terms: [Term] = []
        for _ in 0..<40 { terms.append(Term(max(terms.last?.rawValue ?? 1, random.next(in: 1...9)))) }
        var follower = try TestEngine(log: terms)
        for index in 2...60 as ClosedRange<UInt64> {
            let previous = Self.id(LogIndex(index), Term(random.next(in: 1...12)))
            for hint in follower.receive(follower.append(20, after: previous)).hints {
                #expect(hint.index < previous.index)
                #expect(follower.engine.log.terms.term(at: hint.index) == hint.term)
            }
        }
    }

    @Test("Logs that differ for 200 entries agree after a few probes (L6)")
    func longConflict() throws {
        let common = [Term](repeating: 2, count: 50)
        var leader = try TestEngine(1, log: common + [Term](repeating: 4, count: 200), term: 8)
        var follower = try TestEngine(2, log: common + [Term](repeating: 3, count: 100) + [5, 5], term: 8)
        leader.lead(with: [3])
        var waiting = leader.step(.connected(TestEngine.member(2))).appends(to: 2)
        var rounds = 0
        while leader.progress(of: 2).matchIndex < leader.engine.log.last.index {
            rounds += 1
            guard rounds < 10 else { break }
            var effects: [Effect] = []
            for request in waiting { effects += follower.receive(.appendEntries(request), from: 1) }
            effects += follower.persist()
            waiting = []
            for reply in effects.messages { waiting += leader.receive(reply, from: 2).appends(to: 2) }
        }
        #expect(rounds < 6)
        #expect(follower.engine.log.last == leader.engine.log.last)
    }

    @Test("A completion of a write whose entries were cut marks nothing durable (L9)")
    func lateCompletion() throws {
        var follower = try TestEngine()
        follower.receive(follower.append(2, after: Self.id(1, 1), [2, 2]))
        follower.receive(follower.append(3, after: Self.id(1, 1), [3, 3], stream: 1))
        // Writes: term 2, its entries, term 3, its entries. All but the last become durable.
        #expect(follower.writes.count == 4)
        #expect(follower.persist(3).matches.allSatisfy { $0 <= 1 })
        #expect(follower.engine.log.flushed == 1)
        #expect(follower.persist().matches.last == 3)
    }

    @Test("A retry of entries that are still being written is not acknowledged before they are (L10)")
    func retriesWait() throws {
        var follower = try TestEngine()
        follower.receive(follower.heartbeat(2))
        follower.persist()
        let request = follower.append(2, after: Self.id(1, 1), [2, 2])
        for _ in 0..<3 { #expect(follower.receive(request).matches.allSatisfy { $0 <= 1 }) }
        #expect(follower.receive(follower.append(2, after: Self.id(3, 2))).matches.allSatisfy { $0 <= 1 })
        #expect(follower.persist().matches == [3])
    }

    @Test("A heartbeat reply does not wait for entries, and reports what is durable only (L10)")
    func heartbeatDuringWrite() throws {
        var follower = try TestEngine()
        follower.receive(follower.heartbeat(2))
        follower.persist()
        follower.receive(follower.append(2, after: Self.id(1, 1), [2, 2]))
        let replies = follower.receive(follower.heartbeat(2, at: Self.id(1, 1))).heartbeatReplies
        #expect(replies.map(\.matched) == [1] && replies.map(\.accepted) == [3])
    }

    @Test("A leader counts its own entries only once they are durable, its no-op included (L10)")
    func leaderCountsItsDisk() throws {
        var leader = try TestEngine()
        leader.campaign()
        leader.persist()
        leader.receive(.voteReply(leader.vote(term: 2, from: 2)))
        leader.receive(leader.matched(2, by: 2), from: 2)
        #expect(leader.engine.role == .leader && leader.engine.commitIndex == 0)
        leader.persist()
        #expect(leader.engine.commitIndex == 2)
    }

    @Test("Completions in any order mark durable what is contiguous (L11)")
    func completionsInAnyOrder() throws {
        var follower = try TestEngine()
        follower.receive(follower.heartbeat(2))
        follower.persist()
        for index in 1...3 as ClosedRange<UInt64> {
            let term: Term = index == 1 ? 1 : 2
            follower.receive(follower.append(2, after: Self.id(LogIndex(index), term), [2], sequence: index))
        }
        follower.persist(at: 2)
        #expect(follower.engine.log.flushed == 1)
        follower.persist(at: 0)
        #expect(follower.engine.log.flushed == 2)
        #expect(follower.persist(at: 0).matches == [4])
    }

    @Test("An entry of an unknown kind fences the node and is not written (L13)")
    func unknownKind() throws {
        var follower = try TestEngine()
        var builder = EntryBatchBuilder(firstIndex: 2)
        builder.append(EntryKind(rawValue: 77), term: 2, payload: [])
        let request = AppendEntries(
            term: 2, stream: 1, sequence: 1, previous: Self.id(1, 1), leaderCommit: 2, entries: builder.finish())
        let effects = follower.receive(.appendEntries(request))
        #expect(effects.fences.first?.contains("kind 77") == true)
        #expect(effects.writes.allSatisfy { $0.entries.isEmpty } && follower.engine.log.last.index == 1)
        #expect(follower.persist().messages.isEmpty && follower.engine.nextDeadline == .distantFuture)
    }

    @Test("A message of a newer release fences the node (L13)")
    func futureMessage() throws {
        var follower = try TestEngine()
        let effects = follower.step(.futureMessage(3, "kind 12"))
        #expect(effects.fences.first?.contains("node 3") == true && follower.engine.isFenced)
    }

    @Test("A configuration that cannot be read fences the node and is not written (L13, M2)", arguments: [true, false])
    func badConfiguration(_ isForeign: Bool) throws {
        var follower = try TestEngine()
        follower.receive(follower.heartbeat(2))
        follower.persist()
        var builder = EntryBatchBuilder(firstIndex: 2)
        let foreign = ConfigurationPayload(cluster: ClusterID(high: 6, low: 6), membership: TestEngine.three)
        builder.append(.configuration, term: 2, payload: isForeign ? MembershipCodec.encode(foreign) : [1, 2, 3])
        let request = AppendEntries(
            term: 2, stream: 1, sequence: 1, previous: Self.id(1, 1), leaderCommit: 2, entries: builder.finish())
        let effects = follower.receive(.appendEntries(request))
        #expect(effects.fences.count == 1)
        #expect(effects.writes.isEmpty && effects.applies.isEmpty && effects.messages.isEmpty)
    }

    @Test("Two leaders of one term fence whoever hears both (L2)")
    func twoLeaders() throws {
        var follower = try TestEngine()
        follower.receive(follower.heartbeat(2), from: 2)
        #expect(follower.receive(follower.heartbeat(2), from: 3).fences.count == 1)
        var leader = try TestEngine()
        leader.lead()
        #expect(leader.receive(leader.heartbeat(2), from: 3).fences.count == 1)
    }

    @Test("A configuration is in effect when it is appended and undone when it is cut (M2)")
    func configurationsFollowTheLog() throws {
        let four = TestEngine.membership([1, 2, 3, 4])
        var follower = try TestEngine(commit: 1)
        var builder = EntryBatchBuilder(firstIndex: 2)
        TestEngine.append(four, term: 2, to: &builder)
        let request = AppendEntries(
            term: 2, stream: 1, sequence: 1, previous: Self.id(1, 1), leaderCommit: 1, entries: builder.finish())
        follower.receive(.appendEntries(request))
        #expect(follower.engine.membership == four && follower.engine.quorum == four.quorum)
        #expect(follower.engine.committed.membership == TestEngine.three)
        follower.receive(follower.append(3, after: Self.id(1, 1), [3]), from: 3)
        #expect(follower.engine.membership == TestEngine.three && follower.engine.quorum == TestEngine.three.quorum)
    }

    @Test("Without a configuration nobody belongs and nobody campaigns (M5)")
    func noConfiguration() throws {
        var engine = try TestEngine(pristine: 1)
        #expect(engine.engine.membership.isEmpty)
        for _ in 0..<10 { #expect(engine.deadline().isEmpty) }
        #expect(engine.engine.role == .follower)
        #expect(engine.step(.proposed([[1]])).rejections == [.notFormed])
    }
}
