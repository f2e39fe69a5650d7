@testable import RaftCore
import RaftMembership
import Testing

/// Bugs that random runs found, as the shortest story that shows each.
@Suite("Bugs that must not come back")
struct RegressionTests {
    @Test("An initiator whose first entry is not durable yet asks for no votes and spreads no identity (M9)")
    func noCampaignBeforeFormationIsDurable() throws {
        var engine = try TestEngine(pristine: 1)
        engine.step(.bootstrapRequested([1, 2].map { FormationMember(id: $0, addresses: ["memory:\($0)"]) }))
        let query = FormationQuery(nonce: engine.engine.formation?.nonce ?? 0)
        engine.receive(.formationAnswer(FormationAnswer(nonce: query.nonce, cluster: nil)), from: 2)
        #expect(engine.writes.count == 1)
        for _ in 0..<5 { #expect(engine.deadline().adoptions.isEmpty) }
        engine.persist()
        #expect(!engine.deadline().adoptions.isEmpty)
    }

    @Test("A campaign tells voters that they belong, for others may have committed without them (M9)")
    func foundersThatWereDown() throws {
        // The founder that was down since the cluster was formed is needed by a joint configuration: nobody leads to tell it.
        var candidate = try TestEngine(1, log: [1, 1], commit: 2)
        let effects = candidate.deadline()
        #expect(candidate.engine.commitIndex > 0 && candidate.engine.role == .preCandidate)
        #expect(effects.adoptions.count == 2)
    }

    @Test("A heartbeat of an earlier term that arrives late makes nobody suspect (L3, P3)")
    func lateHeartbeatOfAnEarlierTerm() throws {
        // The leader's own old heartbeat, answered in the term that it leads by now.
        var follower = try TestEngine(2, log: [1, 1], term: 5)
        let replies = follower.receive(follower.heartbeat(4, at: TestEngine.id(3, 1), stream: 1), from: 1)
        var leader = try TestEngine(1, log: [1, 1], term: 4)
        leader.lead()
        #expect(leader.engine.term == 5)
        for reply in replies.messages { leader.receive(reply, from: 2) }
        #expect(!leader.progress(of: 2).isSuspect)
    }

    @Test("The higher term in a reply of a stranger, or of an earlier life of a member, moves nobody (V9, M7)")
    func repliesOfStrangers() throws {
        var leader = try TestEngine(1, log: [1, 1])
        leader.lead()
        let term = leader.engine.term
        let reply = Message.appendReply(
            AppendReply(term: Term(term.rawValue + 7), stream: 0, sequence: 0, outcome: .matched(0)))
        for from in [Member(id: 9, incarnation: 1), Member(id: 2, incarnation: 101)] {
            var effects = Effects()
            leader.engine.step(
                .received(Envelope(group: .first, from: from, to: leader.engine.member, message: reply)),
                at: leader.now, into: &effects)
            #expect(leader.engine.term == term && leader.engine.role == .leader)
        }
        leader.receive(reply, from: 2)
        #expect(leader.engine.term > term && leader.engine.role == .follower)
    }

    @Test("A candidate whose disk is slow waits for it, instead of starting campaign after campaign (V2, V11)")
    func candidateWithASlowDisk() throws {
        var engine = try TestEngine(1, log: [1])
        engine.campaign()
        let term = engine.engine.term
        for _ in 0..<10 { #expect(engine.deadline().sent.isEmpty) }
        #expect(engine.engine.term == term && engine.engine.role == .candidate)
        engine.persist()
        engine.receive(.voteReply(engine.vote(term: term, from: 2)))
        #expect(engine.engine.role == .leader)
    }

    @Test("A probe that arrived at a peer with a slow disk is not repeated with ever more entries (P4, P5)")
    func probeOfASlowDisk() throws {
        var leader = try TestEngine(1, log: [1, 1])
        leader.lead()
        let probe = leader.progress(of: 3)
        #expect(probe.mode == .probe)
        // It has the entries and cannot make them durable: heartbeats say so.
        leader.receive(
            .heartbeatReply(
                HeartbeatReply(
                    term: leader.engine.term, stream: probe.stream, round: 1, hasMatch: true,
                    accepted: probe.nextIndex.previous, matched: 0)), from: 3)
        let after = leader.progress(of: 3)
        #expect(after.mode == .replicate && after.matchIndex == 0)
        var again: [AppendEntries] = []
        for _ in 0..<3 { again += leader.deadline().appends(to: 3) }
        #expect(again.isEmpty)
    }

    @Test("Entries read in storage that the log does not hold any more are not sent (§5.3)")
    func readOfAnEarlierLog() throws {
        var leader = try TestEngine(1, log: [1, 1, 1], term: 3)
        leader.answersReads = false
        leader.lead()
        let effects = leader.receive(leader.conflict(TestEngine.id(1, 1), by: 2))
        let slot = leader.progress(of: 2)
        #expect(slot.isReading, "the cache of a restarted leader is empty: \(effects)")
        var builder = EntryBatchBuilder(firstIndex: slot.nextIndex)
        TestEngine.append(2, to: &builder)
        let sent = leader.step(.entriesRead(builder.finish(), for: 2, stream: slot.stream)).appends(to: 2)
        #expect(sent.isEmpty)
    }

    @Test("A learner that never answers holds up no commit (P7, C3)")
    func deadLearner() throws {
        var leader = try TestEngine(1, TestEngine.membership([1, 2, 3], learners: [4]))
        leader.lead()
        leader.receive(leader.matched(2, by: 2))
        #expect(leader.engine.commitIndex == 2)
        leader.step(.proposed([[1]]))
        leader.persist()
        leader.receive(leader.matched(3, by: 2))
        #expect(leader.engine.commitIndex == 3 && leader.progress(of: 4).matchIndex == 0)
    }

    @Test("An entry of a later term than its request is left alone, and fences nobody")
    func entryOfALaterTerm() throws {
        var follower = try TestEngine(2, log: [1], term: 3)
        var builder = EntryBatchBuilder(firstIndex: 3)
        TestEngine.append(9, to: &builder)
        follower.receive(
            .appendEntries(
                AppendEntries(
                    term: 3, stream: 1, sequence: 1, previous: TestEngine.id(1, 2), leaderCommit: 0,
                    entries: builder.finish())), from: 1)
        #expect(!follower.engine.isFenced && follower.engine.log.last.index == 2)
    }

    @Test("A probe of an earlier term that arrives late resets nothing (P3)")
    func lateAppendOfAnEarlierTerm() throws {
        var follower = try TestEngine(2, log: [1, 1], term: 5)
        let replies = follower.receive(follower.append(4, after: TestEngine.id(3, 1), stream: 1), from: 1)
        var leader = try TestEngine(1, log: [1, 1], term: 4)
        leader.lead()
        let before = leader.progress(of: 2)
        for reply in replies.messages { leader.receive(reply, from: 2) }
        #expect(leader.progress(of: 2).nextIndex == before.nextIndex)
        #expect(leader.progress(of: 2).stream == before.stream)
    }
}
