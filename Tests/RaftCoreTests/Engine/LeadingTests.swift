@testable import RaftCore
import RaftMembership
import Testing

/// Rules C1, C2, C6, C8, D6, P1–P5, P8 and W2, from a leader's side.
@Suite("Leading")
struct LeadingTests {
    static func id(_ index: LogIndex, _ term: Term) -> LogID { LogID(term: term, index: index) }

    @Test("An entry of an earlier term is not committed by counting (C1)")
    func figureEight() throws {
        // Figure 8: entry 2 of term 2 lies on a majority, and is committed only with an entry of term 4.
        var leader = try TestEngine(log: [2], term: 3)
        leader.lead()
        leader.receive(leader.matched(2, by: 2), from: 2)
        #expect(leader.engine.commitIndex == 0)
        leader.receive(leader.matched(3, by: 2), from: 2)
        #expect(leader.engine.commitIndex == 3)
    }

    @Test(
        "A follower commits at most what the request proved to match (C2)",
        arguments: [(0, 3), (1, 4), (2, 5)] as [(Int, LogIndex)])
    func followerCommit(count: Int, expected: LogIndex) throws {
        // Its log goes on with entries that the leader may not have.
        var follower = try TestEngine(log: [1, 1, 1, 1, 1])
        follower.receive(follower.append(2, after: Self.id(3, 1), [Term](repeating: 1, count: count), commit: 100))
        #expect(follower.engine.commitIndex == expected)
    }

    @Test("A request that does not match commits nothing, and a late one takes nothing back (C2)")
    func commitNeverFalls() throws {
        var follower = try TestEngine(log: [1, 1])
        follower.receive(follower.append(2, after: Self.id(3, 2), commit: 3))
        #expect(follower.engine.commitIndex == 0)
        follower.receive(follower.append(2, after: Self.id(3, 1), commit: 3))
        follower.receive(follower.append(2, after: Self.id(1, 1), commit: 1))
        #expect(follower.engine.commitIndex == 3)
    }

    @Test("A joint configuration commits with a majority of each half, learners aside (C3)")
    func jointCommit() throws {
        var leader = try TestEngine(1, TestEngine.membership([1, 2, 3], old: [1, 4, 5], learners: [6]))
        leader.lead(with: [2, 4])
        for peer: UInt64 in [2, 3, 6] { leader.receive(leader.matched(2, by: peer), from: peer) }
        #expect(leader.engine.commitIndex == 0)
        leader.receive(leader.matched(2, by: 5), from: 5)
        #expect(leader.engine.commitIndex == 2)
    }

    @Test("Only what is durable here is applied here, on the leader too (C6)")
    func applyWaitsForDisk() throws {
        var leader = try TestEngine()
        leader.lead(with: [2, 3])
        leader.step(.proposed([[1]]))
        #expect(leader.receive(leader.matched(3, by: 2), from: 2).applies == [2])
        #expect(leader.receive(leader.matched(3, by: 3), from: 3).applies.isEmpty)
        #expect(leader.engine.commitIndex == 3)
        #expect(leader.persist().applies == [3])
    }

    @Test("Each write carries the commit index, and a restart applies up to it again (C6)")
    func commitHint() throws {
        var follower = try TestEngine(log: [1])
        follower.receive(follower.append(2, after: Self.id(2, 1), [2], commit: 2))
        follower.persist()
        follower.receive(follower.append(2, after: Self.id(3, 2), [2], commit: 3))
        follower.persist()
        let hint = try #require(follower.durableState?.commitHint)
        #expect(hint >= 2)
        let restarted = try TestEngine(disk: follower.disk)
        #expect(restarted.engine.commitIndex == hint)
        #expect(restarted.engine.applySubmitted == restarted.engine.commitIndex)
    }

    @Test("A new leader answers no read before an entry of its term is committed (C8)")
    func readsWaitForTheTerm() throws {
        var leader = try TestEngine(log: [1, 1], commit: 3)
        leader.lead()
        leader.receive(LinearizableReadTests.confirmation(leader, 1))
        #expect(leader.step(.readRequested(ReadID(rawValue: 1))).heartbeats.isEmpty)
        leader.receive(leader.matched(3, by: 2), from: 2)
        #expect(leader.step(.readRequested(ReadID(rawValue: 2))).isEmpty)
        let effects = leader.receive(leader.matched(4, by: 2), from: 2)
        #expect(effects.applies == [4] && effects.readies.isEmpty)
        #expect(effects.heartbeats(to: 2).count == 1)
    }

    @Test("Marks of progress keep apart: accepted, flushed, committed, applied (D6)")
    func marks() throws {
        var leader = try TestEngine()
        leader.lead(with: [2, 3])
        leader.step(.proposed([[1], [2]]))
        #expect(leader.engine.log.last.index == 4 && leader.engine.log.flushed == 2)
        leader.receive(leader.matched(4, by: 2), from: 2)
        leader.receive(leader.matched(4, by: 3), from: 3)
        #expect(leader.engine.commitIndex == 4 && leader.engine.applySubmitted == 2)
        leader.persist()
        #expect(leader.engine.log.flushed == 4 && leader.engine.applySubmitted == 4)
        #expect(leader.engine.appliedIndex == 0)
        leader.step(.applied(through: 4))
        leader.step(.applied(through: 3))
        #expect(leader.engine.appliedIndex == 4)
    }

    @Test("A truncation lowers accepted and flushed at once (D6)")
    func truncationLowersMarks() throws {
        var follower = try TestEngine(log: [1, 1, 1])
        follower.receive(follower.append(2, after: Self.id(2, 1), [2]))
        #expect(follower.engine.log.last.index == 3 && follower.engine.log.flushed == 2)
    }

    @Test("What a peer holds counts from 0 and moves on its word of success only (P1)")
    func matchIndex() throws {
        var leader = try TestEngine(log: [1, 1, 1])
        leader.lead()
        #expect(leader.progress(of: 2).matchIndex == 0)
        leader.receive(leader.conflict(Self.id(2, 1), by: 2), from: 2)
        #expect(leader.progress(of: 2).matchIndex == 0 && leader.progress(of: 2).nextIndex > 2)
        leader.receive(leader.matched(2, by: 2), from: 2)
        #expect(leader.progress(of: 2).matchIndex == 2)
        leader.receive(leader.matched(1, by: 2), from: 2)
        #expect(leader.progress(of: 2).matchIndex == 2)
    }

    @Test("The next entry to send is above what the peer holds, whatever it hints (P2)")
    func nextAboveMatch() throws {
        var leader = try TestEngine(log: [1, 1, 1])
        leader.lead()
        leader.receive(leader.matched(4, by: 2), from: 2)
        leader.receive(leader.conflict(.zero, by: 2), from: 2)
        #expect(leader.progress(of: 2).nextIndex > leader.progress(of: 2).matchIndex)
        #expect(leader.progress(of: 2).matchIndex == 4)
    }

    @Test("A reply of another stream, or from the future of this one, is discarded whole (P3)")
    func foreignReplies() throws {
        var leader = try TestEngine(log: [1])
        leader.lead()
        let old = leader.matched(3, by: 2)
        leader.step(.connected(TestEngine.member(2)))
        let before = leader.engine
        leader.receive(old, from: 2)
        leader.receive(leader.matched(3, by: 2, sequence: 99), from: 2)
        #expect(leader.engine == before)
    }

    @Test("Windows bound what is under way, an acknowledgement ends the pause, and all counters return to zero (P4)")
    func windows() throws {
        var configuration = RaftConfiguration()
        configuration.windowRequests = 2
        var leader = try TestEngine(configuration: configuration)
        leader.lead()
        leader.receive(leader.matched(2, by: 2), from: 2)
        var sent = 0
        for _ in 0..<5 { sent += leader.step(.proposed([[1]])).appends(to: 2).count }
        #expect(sent == 2 && leader.progress(of: 2).inflight.count == 2)
        leader.persist()
        #expect(leader.receive(leader.matched(4, by: 2), from: 2).appends(to: 2).map(\.entries.count) == [3])
        leader.receive(leader.matched(7, by: 2), from: 2)
        #expect(leader.progress(of: 2).inflight.count == 0 && leader.progress(of: 2).inflight.bytes == 0)
        #expect(leader.engine.uncommitted.bytes == 0 && leader.engine.commitIndex == 7)
    }

    @Test("An unreachable peer costs a probe now and then, ever more rarely, and no memory (P5)")
    func unreachablePeer() throws {
        var leader = try TestEngine()
        leader.lead()
        leader.receive(leader.matched(2, by: 2), from: 2)
        var probes: [Int] = [0, 0, 0, 0]
        for round in 0..<800 {
            leader.step(.proposed([[1]]))
            leader.persist()
            let effects = leader.deadline()
            probes[round / 200] += effects.appends(to: 3).count
            for beat in effects.heartbeats(to: 2) {
                let last = leader.engine.log.last.index
                leader.receive(
                    .heartbeatReply(
                        HeartbeatReply(
                            term: 2, stream: beat.stream, round: beat.round, hasMatch: true, accepted: last,
                            matched: last)))
            }
        }
        #expect(leader.engine.role == .leader && leader.engine.commitIndex > 100)
        #expect(probes[0] < 20 && probes[3] <= 10 && probes[3] >= 1)
        #expect(leader.progress(of: 3).inflight.count <= 1)
    }

    /// One heartbeat of `leader`: peer 2 has everything, peer 3 nothing, and says so when it `isHeard`. Probes of peer 3.
    private func beat(_ leader: inout TestEngine, isHeard: Bool) -> Int {
        let effects = leader.deadline()
        let last = leader.engine.log.last.index
        for (peer, matched) in [(2 as UInt64, last), (3, LogIndex.zero)] where peer == 2 || isHeard {
            for beat in effects.heartbeats(to: NodeID(peer)) {
                leader.receive(
                    .heartbeatReply(
                        HeartbeatReply(
                            term: 2, stream: beat.stream, round: beat.round, hasMatch: true, accepted: matched,
                            matched: matched)),
                    from: peer)
            }
        }
        return effects.appends(to: 3).count
    }

    @Test("A peer that is heard again after a silence is probed with the next heartbeat (P4, P5)")
    func heardAgain() throws {
        var leader = try TestEngine()
        leader.lead()
        leader.receive(leader.matched(2, by: 2), from: 2)
        // Far into the back-off, just after a probe.
        for _ in 0..<200 { _ = beat(&leader, isHeard: false) }
        while beat(&leader, isHeard: false) == 0 {}
        #expect(beat(&leader, isHeard: true) == 0)
        #expect(beat(&leader, isHeard: true) == 1)
        leader.receive(leader.conflict(Self.id(1, 1), by: 3), from: 3)
        leader.receive(leader.matched(2, by: 3), from: 3)
        #expect(leader.progress(of: 3).mode == .replicate && leader.progress(of: 3).matchIndex == 2)
    }

    @Test(
        "A peer that answers heartbeats and no probe, always or now and then, costs a bounded number of probes (P5)",
        arguments: [1, 2, 3, 4, 5, 7, 20, 50])
    func heardWithoutProbes(each: Int) throws {
        var leader = try TestEngine()
        leader.lead()
        leader.receive(leader.matched(2, by: 2), from: 2)
        let start = leader.now
        var probes = 0
        for round in 1...800 { probes += beat(&leader, isHeard: round % each == 0) }
        #expect(leader.engine.role == .leader)
        // One more for each silence, which lasts as long as the shortest back-off at least.
        let span = leader.now - start
        #expect(probes >= 1 && UInt64(probes) <= 2 * span / leader.engine.configuration.electionTimeout.lowerBound)
        // Without silences it grows as it did.
        if each <= 2 { #expect(probes < 30) }
    }

    @Test("Lost entries are sent again once the peer says that they did not arrive (P4, P5)")
    func lossIsNoticed() throws {
        var leader = try TestEngine()
        leader.lead()
        leader.receive(leader.matched(2, by: 2), from: 2)
        leader.step(.proposed([[1]]))
        leader.persist()
        var again: [AppendEntries] = []
        for _ in 0..<12 where again.isEmpty {
            for beat in leader.deadline().heartbeats(to: 2) {
                again += leader.receive(
                    .heartbeatReply(
                        HeartbeatReply(
                            term: 2, stream: beat.stream, round: beat.round, hasMatch: true, accepted: 2, matched: 2))
                ).appends(to: 2)
            }
        }
        #expect(again.first?.entries.count == 1)
    }

    @Test("Proposals beyond the cap are overloaded, and the no-op is exempt (P8)")
    func overload() throws {
        var configuration = RaftConfiguration()
        configuration.maximumUncommittedBytes = 200
        var leader = try TestEngine(configuration: configuration)
        leader.lead()
        let big = [UInt8](repeating: 1, count: 1000)
        #expect(leader.step(.proposed([big])).acceptedCounts == [1])
        let effects = leader.step(.proposed([[1], [2]]))
        #expect(effects.acceptedCounts.isEmpty && effects.rejections == [.overloaded])
        leader.persist()
        leader.receive(leader.matched(3, by: 2), from: 2)
        let small = leader.step(.proposed([[UInt8]](repeating: [1], count: 10)))
        #expect(small.acceptedCounts == [6] && small.rejections == [.overloaded])
    }

    @Test("Truncation ends the proposals whose entries are gone (W2)")
    func truncationAbandons() throws {
        var leader = try TestEngine()
        leader.lead()
        leader.step(.proposed([[1], [2]]))
        #expect(leader.receive(leader.append(3, after: Self.id(2, 2), [3]), from: 3).abandoned == [2])
    }

    @Test("After a step-down proposals wait a bounded time for the commit rule, then end as unknown (W2)")
    func waitersAreBounded() throws {
        var leader = try TestEngine()
        leader.lead()
        leader.step(.proposed([[1]]))
        let start = leader.now
        var effects = leader.receive(leader.heartbeat(7), from: 3)
        #expect(effects.abandoned.isEmpty)
        repeat { effects = leader.deadline() } while effects.abandoned.isEmpty && leader.now - start < 5_000_000_000
        #expect(effects.abandoned == [0])
        #expect(leader.now - start <= 4 * 300_000_000)
    }

    @Test("Entries that left memory are read from storage, and a late answer is not taken for a new one (P3, P4)")
    func entriesFromStorage() throws {
        var leader = try TestEngine(log: [1, 1, 1, 1])
        leader.answersReads = false
        leader.lead()
        let effects = leader.receive(leader.conflict(Self.id(1, 1), by: 2), from: 2)
        guard case .readEntries(let first, let last, let peer, let stream)? = effects.last else {
            Issue.record("nothing is read")
            return
        }
        #expect(first == 2 && peer == 2)
        let batch = leader.stored(from: first, through: last)
        #expect(leader.step(.entriesRead(batch, for: peer, stream: stream &- 1)).isEmpty)
        #expect(leader.step(.entriesRead(batch, for: peer, stream: stream)).appends(to: 2).map(\.previous.index) == [1])
    }
}
